#include <trireme/core/timeout.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <trireme/core/sleep.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

template <class T>
error failure_of(test_loop& loop, promise<T> made) {
  error failure;
  std::move(made).then([](const auto&...) {}, [&](const error& reason) { failure = reason; }).detach();
  loop.run();
  return failure;
}

TEST(Timeout, CancelsTheOperationOfAPromise) {
  test_loop loop;
  auto guarded = with_timeout(loop, 10ms, [&] { return sleep_for(loop, 1h).as_promise(); });
  EXPECT_EQ(failure_of(loop, std::move(guarded).as_promise()), errc::timed_out);
  EXPECT_EQ(loop.time().now(), time_point(10ms));  // the hour's timer is cleared
}

TEST(Timeout, GivesTheValueOfAPromise) {
  test_loop loop;
  int seen = 0;
  auto guarded =
      with_timeout(loop, 1h, [&] { return sleep_for(loop, 5ms).as_promise().then([] { return 4; }); });
  std::move(guarded).as_promise().then([&](int value) { seen = value; }).detach();
  loop.run();
  EXPECT_EQ(seen, 4);
  EXPECT_EQ(loop.time().now(), time_point(5ms));
}

TEST(Timeout, PassesOnAnErrorOfTheWork) {
  test_loop loop;
  auto guarded = with_timeout(loop, 1h, [&] { return promise<int>::rejected(loop, errc::full); });
  EXPECT_EQ(failure_of(loop, std::move(guarded).as_promise()), errc::full);
}

TEST(Timeout, StopsTheWorkOfAPromiseWhenDropped) {
  test_loop loop;
  {
    const auto dropped = with_timeout(loop, 1h, [&] { return sleep_for(loop, 1h).as_promise(); });
  }
  loop.run();
  EXPECT_EQ(loop.time().now(), time_point());
}

TEST(Timeout, OfWhatRunsAlreadyCancelsNothing) {
  test_loop loop;
  order log;
  auto work = sleep_for(loop, 20ms).as_promise().then([&] { log("went on"); });
  with_timeout(loop, 10ms, std::move(work))
      .or_else([&](const error& reason) { log(reason.message()); })
      .detach();
  loop.run();
  EXPECT_EQ(log, (order{"timed out", "went on"}));
}

TEST(Timeout, OfWhatRunsAlreadyForgetsTheDeadline) {
  test_loop loop;
  int seen = 0;
  with_timeout(loop, 1h, promise<int>::resolved(loop, 3)).then([&](int value) { seen = value; }).detach();
  EXPECT_EQ(failure_of(loop, with_timeout(loop, 1h, promise<int>::rejected(loop, errc::full))), errc::full);
  EXPECT_EQ(seen, 3);
  EXPECT_EQ(loop.time().now(), time_point());
}

TEST(Timeout, NestsTheNearerDeadlineWins) {
  test_loop loop;
  auto guarded = with_timeout(
      loop, 1h, [&] { return with_timeout(loop, 10ms, [&] { return sleep_for(loop, 2h).as_promise(); }); });
  EXPECT_EQ(failure_of(loop, std::move(guarded).as_promise()), errc::timed_out);
  EXPECT_EQ(loop.time().now(), time_point(10ms));
}

TEST(Timeout, OfTheLongestDurationHasADeadlineAtTheEndOfTime) {
  test_loop loop;
  std::optional<time_point> seen;
  std::optional<task<void>> guarded;
  loop.set_timeout(1ms, [&] {
    guarded = with_timeout(loop, duration::max(), [&]() -> task<void> {
      seen = loop.current()->deadline();
      co_await sleep_for(loop, 1ms);
    });
  });
  loop.run();
  EXPECT_EQ(seen, time_point::max());
  EXPECT_FALSE(guarded->settlement().failed());
  EXPECT_EQ(loop.time().now(), time_point(2ms));
}

}  // namespace
