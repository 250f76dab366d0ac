// The handle of a timer, and its delay, under virtual time. What its queue does: timer_queue_test.cpp.
#include <trireme/core/timer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <stdexcept>
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

// A06: as in Node: a timeout that refreshes itself is armed once more.
TEST(TimerHandle, ArmsATimeoutOnceMoreFromItsOwnCallback) {
  test_loop loop;
  std::vector<time_point> calls;
  timer one;
  one = loop.set_timeout(5ms, [&, kept = std::make_unique<int>(3)] {
    calls.push_back(loop.now());
    EXPECT_FALSE(one.active());
    if (static_cast<int>(calls.size()) == *kept) return;
    one.refresh();
    EXPECT_TRUE(one.active());
  });
  loop.run();
  EXPECT_EQ(calls, (std::vector{time_point(5ms), time_point(10ms), time_point(15ms)}));
  EXPECT_FALSE(one.active());
  EXPECT_FALSE(loop.alive());
}

TEST(TimerHandle, CountsARefreshFromItsCall) {
  test_loop loop;
  std::vector<time_point> calls;
  timer one;
  one = loop.set_timeout(5ms, [&] {
    calls.push_back(loop.now());
    loop.time().advance(3ms);
    if (calls.size() == 1) one.refresh();
    loop.time().advance(3ms);
  });
  loop.run();
  EXPECT_EQ(calls, (std::vector{time_point(5ms), time_point(13ms)}));
}

// A06: as in Node: an interval counts from the begin of its call, also where it refreshes itself there.
TEST(TimerHandle, CountsAnIntervalThatRefreshesItselfFromTheBeginOfItsCall) {
  test_loop loop;
  std::vector<time_point> calls;
  timer every;
  every = loop.set_interval(50ms, [&] {
    calls.push_back(loop.time().now());
    if (calls.size() == 3) return every.clear();
    loop.time().advance(30ms);
    every.refresh();
  });
  loop.run();
  EXPECT_EQ(calls, (std::vector{time_point(50ms), time_point(100ms), time_point(150ms)}));
}

TEST(TimerHandle, ForgetsATimeoutThatRefreshesAndThenClearsItself) {
  test_loop loop;
  int calls = 0;
  timer one;
  one = loop.set_timeout(5ms, [&] {
    ++calls;
    one.refresh();
    one.clear();
    one.refresh();
    EXPECT_FALSE(one.active());
  });
  loop.run();
  EXPECT_EQ(calls, 1);
}

TEST(TimerHandle, TakesEveryCallFromItsOwnCallback) {
  test_loop loop;
  order log;
  timer one, every;
  one = loop.set_timeout(1ms, [&, kept = std::make_unique<int>()] {
    one.clear();
    one.clear();
    log("timeout");
    *kept = 1;  // what runs stays whole
  });
  every = loop.set_interval(2ms, [&, kept = std::make_unique<int>()] {
    every.clear();
    loop.set_timeout(1ms, [&] { log("another in its slot, perhaps"); });
    every.clear();
    every.refresh();
    log("interval");
    *kept = 1;
  });
  loop.run();
  EXPECT_EQ(log, (order{"timeout", "interval", "another in its slot, perhaps"}));
}

// A22: Node's answers of `hasRef`, also from within the callback.
TEST(TimerHandle, TellsWhetherItIsReferenced) {
  test_loop loop;
  std::vector<bool> seen;
  timer none, one, every;
  one = loop.set_timeout(1ms, [&] { seen.push_back(one.has_ref()); });
  every = loop.set_interval(1ms, [&] {
    seen.push_back(every.has_ref());
    every.unref();
    seen.push_back(every.has_ref());
  });
  EXPECT_FALSE(none.has_ref());
  EXPECT_TRUE(one.has_ref());
  one.unref();
  EXPECT_FALSE(one.has_ref());
  EXPECT_TRUE(one.active());
  one.ref();
  loop.run();
  EXPECT_EQ(seen, (std::vector{true, true, false}));
  EXPECT_FALSE(one.has_ref());
  EXPECT_FALSE(every.has_ref());
  EXPECT_TRUE(every.active());
}

TEST(TimerHandle, KeepsItsReferenceOverARefresh) {
  test_loop loop;
  int calls = 0;
  timer one;
  one = loop.set_timeout(1ms, [&] {
    ++calls;
    one.unref();
    one.refresh();
  });
  loop.run();
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(one.active());
  EXPECT_FALSE(one.has_ref());
  one.clear();
  EXPECT_FALSE(loop.alive());
}

// A22
TEST(TimerHandle, DoesNothingAfterTheTimeoutHasFired) {
  test_loop loop;
  int calls = 0;
  timer none;
  none.clear();
  none.refresh();
  timer cleared = loop.set_timeout(1ms, [&] { ++calls; });
  cleared.clear();
  cleared.refresh();
  EXPECT_FALSE(cleared.active());
  timer one = loop.set_timeout(1ms, [&] { ++calls; });
  loop.run();
  one.ref();
  one.refresh();
  one.unref();
  one.unref();
  EXPECT_FALSE(one.has_ref());
  EXPECT_FALSE(loop.alive());
  const timer next = loop.set_timeout(1ms, [&] { ++calls; });  // may lie in the same slot
  one.clear();
  one.unref();
  EXPECT_TRUE(next.active());
  loop.run();
  EXPECT_EQ(calls, 2);
}

// A21: what each delay becomes, without a clamp and with Node's.
TEST(TimerHandle, CoercesItsDelay) {
  struct row {
    duration delay, plain, clamped;
  };
  const duration most = duration::max();
  const row table[] = {
      {0ms, 0ms, 1ms},
      {-5ms, 0ms, 1ms},
      {duration::min(), 0ms, 1ms},
      {500us, 500us, 1ms},
      {1ns, 1ns, 1ms},
      {1ms, 1ms, 1ms},
      {2147483647ms, 2147483647ms, 2147483647ms},
      {2147483648ms, 2147483648ms, 2147483648ms},
      {most, most, most},
  };
  for (const row& each : table) {
    for (const bool clamps : {false, true}) {
      loop_options options;
      if (clamps) options.timer_clamp = 1ms;
      test_loop loop(options);
      time_point fired(-1ns);
      loop.set_timeout(each.delay, [&] { fired = loop.now(); });
      loop.run();
      EXPECT_EQ(fired, time_point(clamps ? each.clamped : each.plain)) << each.delay.count();
    }
  }
}

// A21: a sum beyond the end of time saturates, for every way to arm, and never fires early.
TEST(TimerHandle, NeverFiresEarlyForAnOverflow) {
  test_loop loop;
  loop.time().advance_to(time_point(1h));
  std::vector<timer> all;
  const auto early = [] { ADD_FAILURE() << "fired"; };
  all.push_back(loop.set_timeout(duration::max(), early));
  all.push_back(loop.set_timeout(duration::max() - 1ns, early));
  all.push_back(loop.set_interval(duration::max(), early));
  for (timer& each : all) each.refresh();
  loop.set_timeout(1000h, [&] {
    for (timer& each : all) each.clear();
  });
  loop.run();
  EXPECT_EQ(loop.now(), time_point(1001h));
}

// A21, A06
TEST(TimerHandle, ClampsThePeriodOfAnInterval) {
  loop_options options;
  options.timer_clamp = 1ms;
  test_loop loop(options);
  int calls = 0;
  timer every;
  every = loop.set_interval(0ms, [&] {
    if (++calls == 5) every.clear();
  });
  loop.run();
  EXPECT_EQ(loop.now(), time_point(5ms));
}

// B14: equal deadlines in the order armed, over all that arms: 100,000 timers.
TEST(TimerHandle, KeepsTheOrderOfEqualDeadlines) {
  test_loop loop;
  std::mt19937 random(3);
  std::vector<std::pair<time_point, int>> expected, fired;
  std::vector<timer> refreshed;
  int number = 0;
  const auto arm = [&](duration delay) {
    const auto key = std::make_pair(loop.now() + delay, number++);
    expected.push_back(key);
    return loop.set_timeout(delay, [&fired, key] { fired.push_back(key); });
  };
  for (int round = 0; round < 100; ++round) {
    loop.set_timeout(round * 1ms, [&] {
      for (int each = 0; each < 1000; ++each) arm(std::chrono::milliseconds(random() % 50));
    });
  }
  loop.run();
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(fired.size(), 100000u);
  EXPECT_TRUE(fired == expected);
}

// A58: 10,000 waits of 10 ms: exactly 10 ms of virtual time; of the real clock well below 10,000 × 10 ms.
TEST(TimerHandle, EndsTenThousandWaitsTogetherOnTheRealClock) {
  loop loop;
  int fired = 0, early = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int wait = 0; wait < 10000; ++wait) {
    const auto armed = std::chrono::steady_clock::now();
    loop.set_timeout(10ms, [&, armed] {
      ++fired;
      early += std::chrono::steady_clock::now() - armed < 10ms;
    });
  }
  loop.run();
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(fired, 10000);
  EXPECT_EQ(early, 0);
  // 150 ms is the aim, told by the property below; a loaded machine and sanitizers get more.
  RecordProperty("milliseconds", static_cast<int>(took / 1ms));
  EXPECT_LT(took, 5s);
}

}  // namespace
