#include <trireme/core/immediate.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

// A10
TEST(Immediate, RunsInTheCheckPhase) {
  test_loop loop;
  phase now = phase::poll, seen = phase::poll;
  loop.on_phase([&](phase which) { now = which; });
  loop.set_immediate([&] { seen = now; });
  loop.run();
  EXPECT_EQ(seen, phase::check);
}

TEST(Immediate, IsActiveUntilItRuns) {
  test_loop loop;
  immediate one, none;
  bool within = true;
  one = loop.set_immediate([&] { within = one.active(); });
  EXPECT_TRUE(one.active());
  EXPECT_FALSE(none.active());
  loop.run();
  EXPECT_FALSE(within);
  EXPECT_FALSE(one.active());
}

// A10, A20
TEST(Immediate, DoesNotRunOnceCleared) {
  test_loop loop;
  immediate one = loop.set_immediate([] { ADD_FAILURE(); });
  immediate two = loop.set_immediate([] { ADD_FAILURE(); });
  const immediate copy = one;
  one.clear();
  one.clear();
  loop.clear_immediate(two);
  EXPECT_FALSE(copy.active());
  EXPECT_FALSE(loop.alive());
  loop.run();
}

TEST(Immediate, DestroysItsCallbackAsItIsCleared) {
  test_loop loop;
  auto counted = std::make_shared<int>();
  immediate one = loop.set_immediate([counted] {});
  one.clear();
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(Immediate, MayClearItselfAndAnyOtherWithinTheBatch) {
  test_loop loop;
  order log;
  std::vector<immediate> all(5);
  all[0] = loop.set_immediate([&] {
    log("0");
    all[0].clear();
    all[1].clear();
    all[3].clear();
  });
  all[1] = loop.set_immediate([&] { log("1"); });
  all[2] = loop.set_immediate([&] {
    log("2");
    all[4] = loop.set_immediate([&] { log("4"); });
    all[0].clear();
  });
  all[3] = loop.set_immediate([&] { log("3"); });
  loop.run();
  EXPECT_EQ(log, (order{"0", "2", "4"}));
  EXPECT_FALSE(loop.alive());
}

// A22
TEST(Immediate, KeepsNothingAliveOnceUnreferenced) {
  test_loop loop;
  bool ran = false;
  immediate one = loop.set_immediate([&] { ran = true; });
  one.unref();
  one.unref();
  EXPECT_FALSE(one.has_ref());
  EXPECT_TRUE(one.active());
  EXPECT_FALSE(loop.alive());
  loop.run();
  EXPECT_FALSE(ran);  // as in Node
  one.ref();
  one.ref();
  EXPECT_TRUE(one.has_ref());
  EXPECT_TRUE(loop.alive());
  loop.run();
  EXPECT_TRUE(ran);
  EXPECT_FALSE(loop.alive());
}

TEST(Immediate, RunsWhereATurnComesForAnotherReason) {
  test_loop loop;
  time_point seen(1s);
  loop.set_immediate([&] { seen = loop.now(); }).unref();
  loop.set_timeout(1h, [] {});
  loop.run();
  EXPECT_EQ(seen, time_point(1h));  // an unreferenced one does not keep poll from waiting
}

TEST(Immediate, TakesRefAndUnrefWithinTheBatch) {
  test_loop loop;
  order log;
  immediate second, third;
  loop.set_immediate([&] {
    second.unref();
    third.unref();
    third.ref();
    EXPECT_FALSE(second.has_ref());
    EXPECT_TRUE(third.has_ref());
  });
  second = loop.set_immediate([&] { log("second"); });
  third = loop.set_immediate([&] { log("third"); });
  loop.run();
  EXPECT_EQ(log, (order{"second", "third"}));
  EXPECT_FALSE(loop.alive());
}

TEST(Immediate, DoesNothingOnceItHasRun) {
  test_loop loop;
  immediate one = loop.set_immediate([] {});
  loop.run();
  one.ref();
  EXPECT_FALSE(one.has_ref());
  EXPECT_FALSE(loop.alive());
  one.unref();
  one.clear();
  loop.set_immediate([] {});
  EXPECT_TRUE(loop.alive());
}

TEST(Immediate, KeepsItsPlaceAfterAStop) {
  test_loop loop;
  order log;
  immediate left;
  loop.set_immediate([&] {
    log("a");
    loop.set_immediate([&] { log("d"); });
    loop.stop();
  });
  left = loop.set_immediate([&] { log("b"); });
  loop.set_immediate([&] { log("c"); });
  loop.run();
  EXPECT_EQ(log, (order{"a"}));
  EXPECT_TRUE(left.active());
  left.unref();
  EXPECT_FALSE(left.has_ref());
  loop.run();
  EXPECT_EQ(log, (order{"a", "b", "c", "d"}));
}

// A51: a chain of immediates lets timers and I/O run between.
TEST(Immediate, LetsTimersRunBetweenThoseOfAChain) {
  test_loop loop;
  int fired = 0, links = 0;
  std::function<void()> link = [&] {
    if (++links < 1000) loop.set_immediate(std::ref(link));
    loop.set_timeout(0ms, [&] {
      ++fired;
      EXPECT_EQ(fired, links);
    });
  };
  loop.set_immediate(std::ref(link));
  loop.run();
  EXPECT_EQ(fired, 1000);
}

}  // namespace
