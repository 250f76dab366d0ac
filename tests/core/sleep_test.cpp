#include <trireme/core/sleep.hpp>

#include <gtest/gtest.h>

#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

TEST(Sleep, GivesAPromise) {
  test_loop loop;
  order log;
  sleep_for(loop, 20ms).as_promise().then([&] { log("promise"); }).detach();
  sleep_until(loop, time_point(10ms)).as_promise().then([&] { log("until"); }).detach();
  loop.run();
  EXPECT_EQ(log, (order{"until", "promise"}));
  EXPECT_EQ(loop.time().now(), time_point(20ms));
}

TEST(Sleep, CallsACallback) {
  test_loop loop;
  order log;
  sleep_for(loop, 20ms, [&](const error& failure) { log(failure ? "failed" : "slept"); });
  sleep_until(loop, time_point(10ms), [&](const error& failure) { log(failure ? "failed" : "until"); });
  log("returned");
  loop.run();
  EXPECT_EQ(log, (order{"returned", "until", "slept"}));
  EXPECT_EQ(loop.time().now(), time_point(20ms));
}

TEST(Sleep, ClearsItsTimerAtAStopInEachStyle) {
  test_loop loop;
  order log;
  const context_ptr mine = context::make({});
  loop.run_in(mine, [&] {
    sleep_for(loop, 1h)
        .as_promise()
        .or_else([&](const error& reason) { log("promise " + reason.message()); })
        .detach();
    sleep_for(loop, 1h, [&](const error& reason) { log("callback " + reason.message()); });
  });
  mine->request_stop(errc::closed);
  log("stopped");
  loop.run();
  EXPECT_EQ(log, (order{"stopped", "callback closed", "promise closed"}));
  EXPECT_EQ(loop.time().now(), time_point());
}

TEST(Sleep, EndsAtOnceUnderAContextThatHasStopped) {
  test_loop loop;
  order log;
  const context_ptr mine = context::make({});
  mine->request_stop(errc::timed_out);
  loop.run_in(mine, [&] {
    sleep_for(loop, 1h, [&](const error& reason) {
      log(reason.message());
      EXPECT_EQ(loop.current(), mine);
    });
  });
  log("returned");
  loop.run();
  EXPECT_EQ(log, (order{"returned", "timed out"}));
}

TEST(Sleep, GoesWithItsLoop) {
  auto guard = std::make_shared<int>(0);
  const context_ptr mine = context::make({});
  {
    test_loop loop;
    loop.run_in(mine, [&] {
      sleep_for(loop, 1h, [guard](const error&) {});
      sleep_for(loop, 1h).as_promise().then([guard] {}).detach();
      sleep_for(loop, 1h, [guard](const error&) {});
    });
    sleep_for(loop, 1h).as_promise().then([guard] {}).detach();
  }
  EXPECT_EQ(guard.use_count(), 1);
  mine->request_stop();
}

TEST(Sleep, GoesWithItsLoopBetweenAStopAndItsEnd) {
  auto guard = std::make_shared<int>(0);
  const context_ptr mine = context::make({});
  {
    test_loop loop;
    loop.run_in(mine, [&] { sleep_for(loop, 1h, [guard](const error&) {}); });
    mine->request_stop();
  }
  EXPECT_EQ(guard.use_count(), 1);
}

TEST(Sleep, UntilTheBeginOfTimeEndsAtOnce) {
  test_loop loop;
  order log;
  loop.set_timeout(1ms, [&] {
    sleep_until(loop, time_point::min(), [&](const error&) { log("callback"); });
    sleep_until(loop, time_point::min()).as_promise().then([&] { log("promise"); }).detach();
  });
  loop.run();
  EXPECT_EQ(log, (order{"callback", "promise"}));
  EXPECT_EQ(loop.time().now(), time_point(1ms));
}

}  // namespace
