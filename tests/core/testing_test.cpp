#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <trireme/core/promise.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/core/testing/virtual_clock.hpp>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

TEST(VirtualClock, OnlyGoesForward) {
  trireme::testing::virtual_clock clock(time_point(1s));
  EXPECT_TRUE(clock.jumps());
  clock.advance(2s);
  EXPECT_EQ(clock.now(), time_point(3s));
  clock.advance_to(time_point(1s));
  EXPECT_EQ(clock.now(), time_point(3s));
}

TEST(TestLoop, JumpsToTheNextDeadline) {
  test_loop loop;
  order log;
  loop.set_timeout(48h, [&] { log("late"); });
  loop.set_timeout(1h, [&] { log("early"); });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(log, (order{"early", "late"}));
  EXPECT_EQ(loop.now(), time_point(48h));
}

TEST(TestLoop, ThrowsWhatNobodyCaught) {
  test_loop loop;
  loop.set_timeout(1ms, [] { throw error(errc::full); });
  loop.set_timeout(2ms, [] { ADD_FAILURE() << "went on"; });
  try {
    loop.run();
    ADD_FAILURE() << "did not throw";
  } catch (const error& failure) {
    EXPECT_EQ(failure, errc::full);
  }
}

TEST(TestLoop, LeavesErrorsToAHandlerThatTheTestSets) {
  test_loop loop;
  error seen;
  loop.on_uncaught([&](const error& failure) { seen = failure; });
  loop.set_timeout(1ms, [] { throw error(errc::full); });
  loop.run();
  EXPECT_EQ(seen, errc::full);
}

TEST(TestLoop, EndsTheProgramWhereAnErrorComesTooLateToBeThrown) {
  const auto too_late = [] {
    test_loop loop;
    loop.run();
    loop.uncaught(error(errc::full));
  };
  EXPECT_DEATH(too_late(), "an error that nobody took, when the loop no longer ran: limit reached");
  const auto while_it_goes = [] {
    test_loop loop;
    promise<int>::rejected(loop, errc::closed).then([](int) {}).detach();
    loop.set_timeout(1ms, [] { throw error(errc::full); });
    EXPECT_THROW(loop.run(), error);
  };
  while_it_goes();  // was thrown
}

TEST(TestLoop, LeavesATestThatThrowsToItsOwnException) {
  try {
    test_loop loop;
    loop.uncaught(error(errc::full));
    throw 1;
  } catch (int) {
  }
}

TEST(TestLoop, StartsWhereItIsTold) {
  test_loop loop;
  loop.time().advance(5s);
  time_point seen;
  loop.set_timeout(0ms, [&] { seen = loop.now(); });
  loop.run();
  EXPECT_EQ(seen, time_point(5s));
}

TEST(Order, PrintsAsOneLine) {
  order log;
  log("a");
  log("b");
  std::ostringstream out;
  out << log;
  EXPECT_EQ(out.str(), "a, b");
  EXPECT_EQ(log, (order{"a", "b"}));
  EXPECT_FALSE(log == (order{"b", "a"}));
  log.clear();
  EXPECT_EQ(log, order());
}

}  // namespace
