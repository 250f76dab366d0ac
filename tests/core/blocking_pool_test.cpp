#include <trireme/core/detail/blocking_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <trireme/core/pending_work.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

#include "blocking_pool_fixture.hpp"

namespace trireme {
namespace {

using detail::blocking_pool;
using testing::gate;
using testing::order;
using testing::promised;
using testing::test_loop;
using testing::with_threads;
using namespace std::chrono_literals;

TEST(BlockingPool, BringsWhatTheWorkReturnsToTheLoop) {
  test_loop loop;
  blocking_pool pool(with_threads(2));
  const auto here = std::this_thread::get_id();
  order seen;
  promised<std::string>(loop, pool,
                        [here]() -> result<std::string> {
                          return std::string(std::this_thread::get_id() == here ? "loop" : "thread");
                        })
      .then([&](std::string where) {
        EXPECT_EQ(std::this_thread::get_id(), here);
        seen("worked on the " + where);
      })
      .detach();
  seen("queued");
  loop.run();
  EXPECT_EQ(seen, (order{"queued", "worked on the thread"}));
}

TEST(BlockingPool, BringsErrorsAndExceptionsAsTheReason) {
  test_loop loop;
  blocking_pool pool(with_threads(1));
  order seen;
  pool.run(completion<int>(loop, [&](const error& failure, int) { seen(failure.message()); }),
           []() -> result<int> { return error::from_errno(ENOENT, "open", "/x"); });
  pool.run(completion<int>(loop, [&](const error& failure, int) { seen(failure.message()); }),
           []() -> result<int> { throw std::runtime_error("thrown"); });
  loop.run();
  EXPECT_EQ(seen, (order{"open: No such file or directory: /x", "thrown"}));
}

TEST(BlockingPool, StartsNoMoreThreadsThanThereWasWorkAtOnce) {
  test_loop loop;
  blocking_pool pool(with_threads(3));
  EXPECT_EQ(pool.threads(), 0u);
  gate first;
  promised<void>(loop, pool, first.work()).detach();
  EXPECT_EQ(pool.threads(), 1u);
  first.open();
  loop.run();
  gate second;
  for (int each = 0; each < 5; ++each) promised<void>(loop, pool, second.work()).detach();
  EXPECT_EQ(pool.threads(), 3u);
  second.open();
  loop.run();
}

TEST(BlockingPool, StartsOneThreadForWorkThatComesOneAfterTheOther) {
  test_loop loop;
  blocking_pool pool(with_threads(4));
  for (int each = 0; each < 500; ++each) {
    promised<void>(loop, pool, []() -> result<void> { return {}; }).detach();
    loop.run();
  }
  EXPECT_EQ(pool.threads(), 1u);
}

TEST(BlockingPool, LeavesHalfOfItsThreadsToWorkThatIsNotSlow) {
  test_loop loop;
  const pending_work somebody_waits(loop);
  blocking_pool pool(with_threads(4));
  gate held;
  int answered = 0;
  const auto note = [&](const error& failure) {
    EXPECT_FALSE(failure);
    if (++answered == 10) loop.stop();
  };
  for (int each = 0; each < 10; ++each) pool.run_slow(completion<void>(loop, note), held.work());
  held.wait_until_inside(2);
  pool.run(completion<void>(loop,
                            [&](const error&) {
                              EXPECT_EQ(held.inside(), 2);
                              EXPECT_EQ(pool.outstanding(), 10u);
                              held.open();
                            }),
           []() -> result<void> { return {}; });
  loop.run();
  EXPECT_EQ(answered, 10);
  EXPECT_LE(held.most_at_once(), 2);
}

TEST(BlockingPool, IsFullOfSlowWorkAtItsLimitToo) {
  test_loop loop;
  blocking_pool pool(with_threads(1, 2));
  gate held;
  order seen;
  const auto ask = [&] {
    pool.run_slow(
        completion<void>(loop, [&](const error& failure) { seen(failure ? failure.message() : "done"); }),
        held.work());
  };
  for (int each = 0; each < 4; ++each) ask();
  loop.run();  // slow work does not keep it alive
  EXPECT_EQ(seen, (order{"blocking_pool: limit reached"}));
  EXPECT_EQ(loop.counters().get("blocking_pool.full").value(), 1);
}

TEST(BlockingPool, TakesItsSizeFromTheEnvironment) {
  ::setenv("TRIREME_BLOCKING_THREADS", "2", 1);
  blocking_pool two;
  ::setenv("TRIREME_BLOCKING_THREADS", "many", 1);
  blocking_pool four;
  ::unsetenv("TRIREME_BLOCKING_THREADS");
  test_loop loop;
  gate held;
  for (int each = 0; each < 6; ++each) {
    promised<void>(loop, two, held.work()).detach();
    promised<void>(loop, four, held.work()).detach();
  }
  EXPECT_EQ(two.threads(), 2u);
  EXPECT_EQ(four.threads(), 4u);
  held.open();
  loop.run();
}

TEST(BlockingPool, IsFullAtItsLimitWithAnErrorAndACount) {
  test_loop loop;
  blocking_pool pool(with_threads(1, 2));
  gate held;
  promised<void>(loop, pool, held.work()).detach();
  held.wait_until_inside(1);
  promised<void>(loop, pool, held.work()).detach();
  promised<void>(loop, pool, held.work()).detach();
  order seen;
  pool.run(completion<void>(loop,
                            [&](const error& failure) {
                              seen(failure == error(errc::full) ? "full" : "other");
                              held.open();
                            }),
           held.work());
  seen("queued");
  loop.run();
  EXPECT_EQ(seen, (order{"queued", "full"}));
  EXPECT_EQ(loop.counters().get("blocking_pool.full").value(), 1);
}

// B08, C13
TEST(BlockingPool, SaturatedDoesNotDelayTheLoop) {
  loop real;
  blocking_pool pool(with_threads(2));
  gate held;
  std::size_t answered = 0;
  for (int each = 0; each < 20; ++each) {
    pool.run(completion<void>(real, [&](const error&) { ++answered; }), held.work());
  }
  held.wait_until_inside(2);
  int fired = 0;
  timer every;
  every = real.set_interval(1ms, [&] {
    EXPECT_EQ(answered, 0u);
    if (++fired < 50) return;
    every.clear();
    held.open();
  });
  real.run();
  EXPECT_EQ(fired, 50);
  EXPECT_EQ(answered, 20u);
}

TEST(BlockingPool, KeepsTheLoopAliveAndVirtualTimeStill) {
  test_loop loop;
  blocking_pool pool(with_threads(1));
  order seen;
  loop.set_timeout(1h, [&] { seen("an hour later"); });
  const auto start = loop.now();
  promised<void>(loop, pool, []() -> result<void> {
    return {};
  }).then([&] {
      seen(loop.now() == start ? "no time passed" : "time passed");
    }).detach();
  loop.run();
  EXPECT_EQ(seen, (order{"no time passed", "an hour later"}));
}

}  // namespace
}  // namespace trireme
