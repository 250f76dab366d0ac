// When timers fire, under virtual time, and how long `run_for` turns. Their handles: timer_test.cpp.
#include <gtest/gtest.h>

#include <memory>
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

// A06: exactly 100 ms under virtual time, after the code that armed it.
TEST(Timer, FiresExactlyWhenDueUnderVirtualTime) {
  test_loop loop;
  order log;
  time_point fired;
  loop.set_timeout(100ms, [&] {
    log("Timer fired");
    fired = loop.now();
  });
  log("Scheduled");
  loop.run();
  EXPECT_EQ(log, (order{"Scheduled", "Timer fired"}));
  EXPECT_EQ(fired, time_point(100ms));
}

TEST(Timer, SaturatesNearTheEndOfTime) {
  test_loop loop;
  loop.time().advance_to(time_point::max() - 1h);
  time_point fired;
  loop.poll();
  loop.set_timeout(2h, [&] { fired = loop.now(); });
  loop.run();
  EXPECT_EQ(fired, time_point::max());
}

// A06: an interval clears itself.
TEST(Timer, ClearsAnIntervalFromWithin) {
  test_loop loop;
  std::vector<time_point> calls;
  timer every;
  every = loop.set_interval(10ms, [&] {
    calls.push_back(loop.now());
    if (calls.size() == 3) every.clear();
  });
  loop.run();
  EXPECT_EQ(calls, (std::vector{time_point(10ms), time_point(20ms), time_point(30ms)}));
  EXPECT_FALSE(every.active());
}

// A06: counted from the begin of the call before, as Node does: what the call itself takes is not added.
TEST(Timer, CountsAnIntervalFromTheBeginOfItsCall) {
  test_loop loop;
  std::vector<time_point> calls;
  timer every;
  every = loop.set_interval(10ms, [&] {
    calls.push_back(loop.now());
    loop.time().advance(calls.size() == 1 ? 4ms : 25ms);
    if (calls.size() == 4) every.clear();
  });
  loop.run();
  EXPECT_EQ(calls, (std::vector{time_point(10ms), time_point(20ms), time_point(45ms), time_point(70ms)}));
}

TEST(Timer, KeepsAnIntervalOfZeroFromStandingStill) {
  test_loop loop;
  int calls = 0;
  timer every;
  every = loop.set_interval(-1ms, [&] {
    if (++calls == 5) every.clear();
  });
  loop.run();
  EXPECT_EQ(calls, 5);
  EXPECT_EQ(loop.now(), time_point(5ns));
}

// A06
TEST(Timer, StartsTheWaitAnewWhenRefreshed) {
  test_loop loop;
  order log;
  auto late = loop.set_timeout(10ms, [&] { log("refreshed"); });
  loop.set_timeout(6ms, [&] { late.refresh(); });
  loop.set_timeout(15ms, [&] { log("15 ms"); });
  loop.run();
  EXPECT_EQ(log, (order{"15 ms", "refreshed"}));
  EXPECT_EQ(loop.now(), time_point(16ms));
}

// A22: a timer without reference fires where something else keeps the loop, and keeps nothing itself.
TEST(Timer, DoesNotKeepTheLoopAliveOnceUnreferenced) {
  test_loop loop;
  order log;
  auto every = loop.set_interval(10ms, [&] { log("interval"); });
  every.unref();
  every.unref();
  EXPECT_FALSE(loop.alive());
  loop.set_timeout(25ms, [&] { log("timeout"); });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(log, (order{"interval", "interval", "timeout"}));
  every.ref();
  EXPECT_TRUE(loop.alive());
  every.clear();
  EXPECT_FALSE(loop.alive());
}

TEST(Timer, CanBeUnreferencedFromWithin) {
  test_loop loop;
  int calls = 0;
  timer every;
  every = loop.set_interval(10ms, [&] {
    if (++calls == 2) every.unref();
  });
  loop.run();
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(every.active());
}

// A58: ten thousand waits of 10 ms end after exactly 10 ms.
TEST(Timer, EndsTenThousandWaitsTogether) {
  test_loop loop;
  int fired = 0;
  for (int wait = 0; wait < 10000; ++wait) {
    loop.set_timeout(10ms, [&] { fired += loop.now() == time_point(10ms); });
  }
  loop.run();
  EXPECT_EQ(fired, 10000);
  EXPECT_EQ(loop.now(), time_point(10ms));
}

TEST(Timer, MayArmTimersAsItsCallbackIsDestroyed) {
  test_loop loop;
  struct last {
    explicit last(trireme::loop& on) : loop(&on) {}
    last(last&& other) noexcept : loop(std::exchange(other.loop, nullptr)) {}
    ~last() {
      for (int more = 0; loop && more < 100; ++more) loop->set_timeout(1ms, [] {});
    }
    trireme::loop* loop;
  };
  auto cleared = loop.set_timeout(1h, [owned = std::make_unique<int>(1), end = last(loop)] {});
  cleared.clear();
  loop.run();
  EXPECT_EQ(loop.now(), time_point(1ms));
}

// A45: `run_for` turns no longer than it was told to.
TEST(RunFor, EndsAtItsLimitWithWorkLeft) {
  test_loop loop;
  int calls = 0;
  timer every = loop.set_interval(10ms, [&] { ++calls; });
  EXPECT_TRUE(loop.run_for(35ms));
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(loop.now(), time_point(35ms));
  EXPECT_TRUE(loop.run_for(5ms));
  EXPECT_EQ(calls, 4);
  EXPECT_TRUE(loop.run_for(0ms));
  EXPECT_TRUE(loop.run_for(-1h));
  EXPECT_EQ(calls, 4);
  every.clear();
  EXPECT_FALSE(loop.run_for(1h));
  EXPECT_EQ(loop.now(), time_point(40ms));
}

TEST(RunFor, EndsWithItsWork) {
  test_loop loop;
  loop.set_timeout(5ms, [] {});
  EXPECT_FALSE(loop.run_for(1h));
  EXPECT_EQ(loop.now(), time_point(5ms));
}

TEST(RunFor, TakesTheLongestOfLimits) {
  test_loop loop;
  loop.time().advance_to(time_point(1h));
  loop.set_timeout(5ms, [] {});
  EXPECT_FALSE(loop.run_for(duration::max()));
  EXPECT_EQ(loop.now(), time_point(1h + 5ms));
}

TEST(RunFor, EndsWhereItIsStopped) {
  test_loop loop;
  loop.set_interval(10ms, [&] { loop.stop(); });
  EXPECT_TRUE(loop.run_for(1h));
  EXPECT_EQ(loop.now(), time_point(10ms));
}

TEST(RunFor, SleepsNoLongerThanItsLimit) {
  loop loop;
  loop.set_timeout(1h, [] {});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(loop.run_for(10ms));
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, 10ms);
  EXPECT_LT(took, 10s);
}

TEST(RunFor, ThrowsWhatATestLeavesUncaught) {
  test_loop loop;
  loop.set_timeout(1ms, [] { throw std::runtime_error("broken"); });
  EXPECT_THROW(loop.run_for(1s), std::runtime_error);
}

}  // namespace
