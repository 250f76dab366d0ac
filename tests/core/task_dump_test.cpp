#include <trireme/core/task_dump.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <trireme/core/scope.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::test_loop;

/// The dump with its numbers and lines taken out, and names without their namespace.
std::string dump(loop& owner) {
  std::ostringstream out;
  dump_tasks(owner, out);
  std::string text = std::regex_replace(out.str(), std::regex("#[0-9]+ "), "");
  text = std::regex_replace(text, std::regex(":[0-9]+( |\n)"), "$1");
  return std::regex_replace(text, std::regex("\\{anonymous\\}::"), "");
}

task<void> innermost(loop& owner) { co_await sleep_for(owner, 1h); }
task<void> middle(loop& owner) { co_await innermost(owner); }
task<void> outermost(loop& owner) { co_await middle(owner); }
task<int> ready(loop&) { co_return 1; }
template <class T>
task<void> templated(loop& owner, T) {
  co_await sleep_for(owner, 1h);
}
task<void> calls_without_awaiting(loop& owner, std::optional<task<void>>& kept) {
  kept.emplace(innermost(owner));
  co_await sleep_for(owner, 1ms);
}

TEST(TaskDump, ShowsNothingWithoutTasks) {
  test_loop loop;
  EXPECT_EQ(dump(loop), "");
}

TEST(TaskDump, ShowsWhoAwaitsWhom) {
  test_loop loop;
  const auto first = outermost(loop);
  const auto second = innermost(loop);
  EXPECT_EQ(dump(loop),
            "outermost at task_dump_test.cpp\n"
            "  middle at task_dump_test.cpp\n"
            "    innermost at task_dump_test.cpp\n"
            "innermost at task_dump_test.cpp\n");
}

TEST(TaskDump, NamesTheLineWhereATaskIsSuspended) {
  test_loop loop;
  const auto line_of = [&] {
    std::ostringstream out;
    dump_tasks(loop, out);
    const std::string text = out.str();
    return std::stoi(text.substr(text.find(".cpp:") + 5));
  };
  int before = 0;
  const auto work = [&]() -> task<void> {
    before = __LINE__;
    co_await sleep_for(loop, 1ms);
    co_await sleep_for(loop, 1h);
  };
  const auto running = work();
  EXPECT_EQ(line_of(), before + 1);
  loop.set_timeout(2ms, [&] { EXPECT_EQ(line_of(), before + 2); });
  loop.set_timeout(3ms, [&] { loop.stop(); });
  loop.run();
}

TEST(TaskDump, NamesLambdasTemplatesAndMembers) {
  test_loop loop;
  struct server {
    task<void> serve(trireme::loop& owner) { co_await sleep_for(owner, 1h); }
  };
  server one;
  const auto first = one.serve(loop);
  const auto work = [](trireme::loop& owner) -> task<void> { co_await sleep_for(owner, 1h); };
  const auto second = work(loop);
  const auto third = templated(loop, std::string());
  const std::string text = dump(loop);
  EXPECT_NE(text.find("serve at "), text.npos) << text;
  EXPECT_NE(text.find("<lambda> at "), text.npos) << text;
  EXPECT_NE(text.find("templated at "), text.npos) << text;
  EXPECT_EQ(text.find('('), text.npos) << text;
}

TEST(TaskDump, ShowsCalledTasksBelowTheirCallerUntilThatEnds) {
  test_loop loop;
  std::optional<task<void>> kept;
  {
    const auto caller = calls_without_awaiting(loop, kept);
    EXPECT_EQ(dump(loop),
              "calls_without_awaiting at task_dump_test.cpp\n"
              "  innermost at task_dump_test.cpp\n");
  }
  EXPECT_EQ(dump(loop), "innermost at task_dump_test.cpp\n");
  const auto other = innermost(loop);  // perhaps where the caller was: not its child
  EXPECT_EQ(dump(loop), "innermost at task_dump_test.cpp\ninnermost at task_dump_test.cpp\n");
}

TEST(TaskDump, ShowsTheOneThatRunsAndThoseThatHaveEnded) {
  test_loop loop;
  std::string seen;
  const auto work = [](trireme::loop& owner, std::string& out) -> task<void> {
    co_await sleep_for(owner, 1ms);
    out = dump(owner);
  };
  const auto ended = ready(loop);
  const auto running = work(loop, seen);
  loop.run();
  EXPECT_EQ(seen.substr(0, seen.find('\n')), "ready has ended");
  EXPECT_TRUE(seen.ends_with("is running\n")) << seen;
}

TEST(TaskDump, ShowsTheTraceOfTheContext) {
  test_loop loop;
  const context_ptr call = context::make({});
  call->set_trace("call 7");
  const auto traced = loop.run_in(call, [&] { return innermost(loop); });
  EXPECT_EQ(dump(loop), "innermost at task_dump_test.cpp [call 7]\n");
}

TEST(TaskDump, ShowsEachLoopItsOwn) {
  test_loop first;
  const auto one = innermost(first);
  test_loop second;
  const auto two = middle(second);
  EXPECT_EQ(dump(first), "innermost at task_dump_test.cpp\n");
  EXPECT_EQ(dump(second), "middle at task_dump_test.cpp\n  innermost at task_dump_test.cpp\n");
}

TEST(TaskDump, OutlivesItsLoop) {
  std::optional<task<int>> left;
  {
    test_loop loop;
    loop.set_timeout(1ms, [kept = std::make_shared<task<void>>(outermost(loop))] {});
    left.emplace(ready(loop));
  }
  EXPECT_TRUE(left->done());
}

#ifndef NDEBUG
task<void> drops_itself(loop& owner, std::optional<task<void>>& self) {
  co_await sleep_for(owner, 1ms);
  self.reset();
}

TEST(TaskDump, DebugBuildsStopATaskThatDropsItselfWhileItRuns) {
  EXPECT_DEATH(
      {
        test_loop loop;
        std::optional<task<void>> self;
        self.emplace(drops_itself(loop, self));
        loop.run();
      },
      "running");
}

TEST(TaskDump, DebugBuildsStopATaskThatIsDroppedByOneItCalls) {
  EXPECT_DEATH(
      {
        test_loop loop;
        std::optional<task<void>> self;
        const auto outer = [](trireme::loop& owner, std::optional<task<void>>& kept) -> task<void> {
          co_await sleep_for(owner, 1ms);
          const auto inner = [](trireme::loop&, std::optional<task<void>>& held) -> task<void> {
            held.reset();
            co_return;
          };
          co_await inner(owner, kept);
        };
        self.emplace(outer(loop, self));
        loop.run();
      },
      "running");
}
#endif

}  // namespace
