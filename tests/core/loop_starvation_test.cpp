// A51: ticks and microtasks that go on for ever starve the phases, as in Node; here the loop says so, and may
// be told to let the phases run between.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <trireme/core/context.hpp>
#include <trireme/core/log.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

/// Queues itself until it has run `left` times.
struct chain {
  chain(loop& owner, int length) : where(owner), left(length) {}
  void operator()() {
    if (--left > 0) where.queue_microtask([this] { (*this)(); });
  }
  loop& where;
  int left;
};

struct reports {
  explicit reports(loop& from) {
    from.on_starved([this](const std::string& origin) { all.push_back(origin); });
  }
  std::vector<std::string> all;
};

// A51: a chain of 1,000,000 microtasks is told once, with where it comes from.
TEST(LoopStarvation, IsReportedOnceWithItsOrigin) {
  test_loop loop;
  reports told(loop);
  chain links(loop, 1'000'000);
  int at_timer = -1;
  loop.set_timeout(0ms, [&] { at_timer = links.left; });
  loop.queue_microtask([&] { links(); });
  loop.run();
  EXPECT_EQ(at_timer, 0);  // Node's order: the timer waits for all of them
  ASSERT_EQ(told.all.size(), 1u);
  EXPECT_NE(told.all[0].find("chain"), std::string::npos) << told.all[0];
  EXPECT_EQ(loop.counters().get("loop.starved").value(), 1);
}

TEST(LoopStarvation, IsOneLineInTheLogByDefault) {
  static order logged;
  logged.clear();
  set_log_sink([](log_level level, std::string_view line) {
    logged(level == log_level::warning && line.find("100000") != line.npos ? "a warning with the number"
                                                                           : line);
  });
  test_loop loop;
  chain links(loop, 250'000);
  links();
  loop.run();
  set_log_sink(nullptr);
  EXPECT_EQ(logged, (order{"a warning with the number"}));
}

TEST(LoopStarvation, IsReportedForTicksAndForPromises) {
  test_loop loop;
  reports told(loop);
  int left = 150'000;
  const std::function<void()> tick = [&] {
    if (--left > 0) loop.next_tick(std::ref(tick));
  };
  loop.set_timeout(1ms, [&] { tick(); });
  int awaits = 0;
  const auto coroutine = [](trireme::loop& on, int& count) -> task<void> {
    for (; count < 150'000; ++count) co_await promise<void>::resolved(on);
  };
  loop.set_timeout(2ms, [&] { coroutine(loop, awaits).as_promise().detach(); });
  loop.run();
  EXPECT_EQ(told.all.size(), 2u);
  EXPECT_EQ(awaits, 150'000);
}

TEST(LoopStarvation, IsReportedAgainForTheNextRun) {
  loop_options options;
  options.report_drain_after = 100;
  test_loop loop(options);
  reports told(loop);
  for (int turn = 1; turn <= 3; ++turn) {
    loop.set_timeout(turn * 1ms, [&] {
      for (int each = 0; each < 500; ++each) loop.queue_microtask([] {});
    });
  }
  loop.run();
  EXPECT_EQ(told.all.size(), 3u);
}

TEST(LoopStarvation, IsNotReportedUpToTheNumber) {
  loop_options options;
  options.report_drain_after = 100;
  test_loop loop(options);
  reports told(loop);
  for (int turn = 1; turn <= 3; ++turn) {
    loop.set_timeout(turn * 1ms, [&] {
      for (int each = 0; each < 100; ++each) loop.queue_microtask([] {});
    });
  }
  loop.run();
  EXPECT_TRUE(told.all.empty());
}

TEST(LoopStarvation, IsNeverReportedWhereTheNumberIsZero) {
  loop_options options;
  options.report_drain_after = 0;
  test_loop loop(options);
  reports told(loop);
  chain links(loop, 250'000);
  links();
  loop.run();
  EXPECT_TRUE(told.all.empty());
  EXPECT_EQ(links.left, 0);
}

TEST(LoopStarvation, MayBeEndedByTheHandler) {
  test_loop loop;
  chain links(loop, 1'000'000);
  loop.on_starved([&](const std::string&) { links.left = 1; });
  links();
  loop.run();
  EXPECT_EQ(links.left, 0);
}

TEST(LoopStarvation, ReportsWhatTheHandlerThrowsAndMayReplaceIt) {
  loop_options options;
  options.report_drain_after = 10;
  test_loop loop(options);
  order log;
  loop.on_uncaught([&](const error& failure) { log("caught " + failure.message()); });
  loop.on_starved([&](const std::string&) {
    loop.on_starved([&](const std::string&) { log("second"); });
    throw std::runtime_error("first");
  });
  for (int turn = 1; turn <= 2; ++turn) {
    loop.set_timeout(turn * 1ms, [&] {
      for (int each = 0; each < 20; ++each) loop.queue_microtask([] {});
    });
  }
  loop.run();
  EXPECT_EQ(log, (order{"caught first", "second"}));
}

loop_options yielding(std::size_t after) {
  loop_options options;
  options.yield_drain_after = after;
  return options;
}

// A51: with `yield_drain_after = 10,000` a timer fires during the chain.
TEST(LoopStarvation, EndsWhereDrainsYield) {
  test_loop loop(yielding(10'000));
  reports told(loop);
  chain links(loop, 1'000'000);
  int at_timer = -1, at_immediate = -1;
  loop.set_timeout(0ms, [&] { at_timer = links.left; });
  loop.set_immediate([&] { at_immediate = links.left; });
  loop.queue_microtask([&] { links(); });
  loop.run();
  EXPECT_EQ(links.left, 0);
  EXPECT_GE(at_timer, 900'000);
  EXPECT_GE(at_immediate, 900'000);
  EXPECT_TRUE(told.all.empty());  // nothing starves
}

// A51: every phase of every turn comes while a chain goes on; its order is kept.
TEST(LoopStarvation, LetsAllPhasesRunWhereDrainsYield) {
  test_loop loop(yielding(100));
  std::vector<int> order_of_microtasks;
  int turns = 0;
  loop.on_phase([&](phase which) { turns += which == phase::poll; });
  for (int each = 0; each < 10'000; ++each) {
    loop.queue_microtask([&, each] { order_of_microtasks.push_back(each); });
  }
  loop.run();
  EXPECT_GE(turns, 10);
  ASSERT_EQ(order_of_microtasks.size(), 10'000u);
  EXPECT_TRUE(std::is_sorted(order_of_microtasks.begin(), order_of_microtasks.end()));
}

TEST(LoopStarvation, KeepsTicksBeforeMicrotasksWhereDrainsYield) {
  test_loop loop(yielding(7));
  int ticks = 100;
  bool violated = false;
  for (int each = 0; each < 100; ++each) {
    loop.queue_microtask([&] { violated = violated || ticks > 0; });
    loop.next_tick([&] { --ticks; });
  }
  loop.set_immediate([] {});
  loop.run();
  EXPECT_EQ(ticks, 0);
  EXPECT_FALSE(violated);
  EXPECT_EQ(loop.waiting(queue::microtasks), 0u);
}

TEST(LoopStarvation, DoesNotWaitWithMicrotasksLeft) {
  test_loop loop(yielding(10));
  chain links(loop, 1000);
  links();
  loop.set_timeout(1h, [] {});
  while (links.left > 20) loop.run_once();
  EXPECT_EQ(loop.now(), time_point());
  loop.run();
}

}  // namespace
