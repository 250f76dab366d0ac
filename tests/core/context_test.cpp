#include <trireme/core/context.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

struct watcher final : stop_watch {
  explicit watcher(std::function<void(const error&)> handler) : call(std::move(handler)) {}
  void on_stop(const error& reason) override { call(reason); }
  std::function<void(const error&)> call;
};

TEST(Context, TellsItsWatchersInOrderOnce) {
  order log;
  const auto work = context::make({});
  watcher first([&](const error& reason) { log("first " + reason.message()); });
  watcher second([&](const error&) { log("second"); });
  work->watch(first);
  work->watch(second);
  EXPECT_FALSE(work->stop_requested());
  work->request_stop(errc::timed_out);
  work->request_stop(errc::closed);
  EXPECT_EQ(log, (order{"first timed out", "second"}));
  EXPECT_EQ(work->stop_reason(), errc::timed_out);
}

TEST(Context, ReachesChildrenButNotParents) {
  const auto parent = context::make({});
  const auto child = context::make(parent);
  const auto grandchild = context::make(child);
  child->request_stop();
  EXPECT_TRUE(grandchild->stop_requested());
  EXPECT_FALSE(parent->stop_requested());
}

TEST(Context, IsBornStoppedUnderAStoppedParent) {
  const auto parent = context::make({});
  parent->request_stop(errc::timed_out);
  const auto child = context::make(parent);
  EXPECT_EQ(child->stop_reason(), errc::timed_out);
}

TEST(Context, TellsALateWatcherAtOnce) {
  const auto work = context::make({});
  work->request_stop();
  int calls = 0;
  watcher late([&](const error&) { ++calls; });
  work->watch(late);
  EXPECT_EQ(calls, 1);
}

TEST(Context, LetsAWatcherDestroyOthersAndTheContext) {
  order log;
  auto work = context::make({});
  std::optional<watcher> second;
  second.emplace([&](const error&) { log("second"); });
  watcher first([&](const error&) {
    second.reset();
    work = {};
    log("first");
  });
  watcher third([&](const error&) { log("third"); });
  work->watch(first);
  work->watch(*second);
  work->watch(third);
  work->request_stop();
  EXPECT_EQ(log, (order{"first", "third"}));
}

TEST(Context, GivesAStopTokenOnRequest) {
  const auto parent = context::make({});
  const auto child = context::make(parent);
  const std::stop_token token = child->stop_token();
  EXPECT_TRUE(token.stop_possible());
  EXPECT_EQ(token, child->stop_token());
  int calls = 0;
  const std::stop_callback count(token, [&] { ++calls; });
  EXPECT_FALSE(token.stop_requested());
  parent->request_stop(errc::timed_out);
  EXPECT_TRUE(token.stop_requested());
  EXPECT_EQ(calls, 1);
}

TEST(Context, GivesAStopTokenThatOutlivesIt) {
  std::stop_token token;
  {
    const auto work = context::make({});
    work->request_stop();
    token = work->stop_token();
  }
  EXPECT_TRUE(token.stop_requested());
  {
    const auto work = context::make({});
    token = work->stop_token();
  }
  EXPECT_FALSE(token.stop_requested());
}

TEST(Context, HasTheNearestDeadlineOfItsParents) {
  const auto parent = context::make({});
  const auto child = context::make(parent);
  EXPECT_EQ(child->deadline(), std::nullopt);
  child->set_deadline(time_point(20ms));
  EXPECT_EQ(child->deadline(), time_point(20ms));
  parent->set_deadline(time_point(10ms));
  EXPECT_EQ(child->deadline(), time_point(10ms));
}

TEST(Context, TellsWatchersAndChildrenInOrderEachChildWithItsOwn) {
  order log;
  const auto parent = context::make({});
  watcher first([&](const error&) { log("first"); });
  parent->watch(first);
  const auto child = context::make(parent);
  watcher of_child([&](const error&) { log("of the child"); });
  child->watch(of_child);
  const auto grandchild = context::make(child);
  watcher of_grandchild([&](const error& reason) { log("of the grandchild " + reason.message()); });
  grandchild->watch(of_grandchild);
  watcher last([&](const error&) { log("last"); });
  parent->watch(last);
  parent->request_stop(errc::timed_out);
  EXPECT_EQ(log, (order{"first", "of the child", "of the grandchild timed out", "last"}));
}

TEST(Context, MayLoseItsLastHandleWhileItIsTold) {
  auto parent = context::make({});
  auto child = context::make(parent);
  watcher of_child([&](const error&) {
    child = {};
    parent = {};
  });
  child->watch(of_child);
  parent->request_stop();
  EXPECT_FALSE(parent);
}

context_ptr chain_of_contexts(const context_ptr& first) {
  context_ptr last = first;
  for (int each = 0; each < 200'000; ++each) last = context::make(last);
  return last;
}

TEST(Context, GoesWithALongChainOfParents) {
  const auto first = context::make({});
  context_ptr last = chain_of_contexts(first);
  last = {};
  first->request_stop();  // nothing is left to be told
}

TEST(Context, StopsALongChainOfChildren) {
  const auto first = context::make({});
  const context_ptr last = chain_of_contexts(first);
  first->request_stop(errc::timed_out);
  EXPECT_EQ(last->stop_reason(), errc::timed_out);
}

TEST(Context, InheritsItsTrace) {
  const auto parent = context::make({});
  const auto child = context::make(parent);
  EXPECT_EQ(child->trace(), "");
  parent->set_trace("call 7");
  EXPECT_EQ(child->trace(), "call 7");
  child->set_trace("call 7.1");
  EXPECT_EQ(child->trace(), "call 7.1");
}

TEST(Context, IsCapturedByEveryKindOfCallback) {
  test_loop loop;
  order log;
  const auto work = context::make({});
  work->set_trace("traced");
  const auto note = [&] { log(loop.current() ? loop.current()->trace() : "none"); };
  loop.run_in(work, [&] {
    loop.next_tick(note);
    loop.queue_microtask(note);
    loop.set_timeout(1ms, note);
    loop.set_immediate(note);
  });
  loop.set_timeout(1ms, note);
  loop.run();
  EXPECT_EQ(log, (order{"traced", "traced", "traced", "traced", "none"}));
}

}  // namespace
