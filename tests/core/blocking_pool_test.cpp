#include <trireme/core/detail/blocking_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

namespace trireme {
namespace {

using detail::blocking_pool;
using detail::blocking_pool_options;
using testing::order;
using testing::test_loop;
using namespace std::chrono_literals;

blocking_pool_options with_threads(std::size_t threads, std::size_t limit = 100) {
  blocking_pool_options options;
  options.threads = threads;
  options.queue_limit = limit;
  return options;
}

template <class T, class Work>
promise<T> promised(loop& owner, blocking_pool& pool, Work work) {
  return with_promise<T>(owner, [&](completion<T> done) { pool.run(std::move(done), std::move(work)); });
}

/// Holds threads until it is opened. A worker that waits is one that has claimed its work.
class gate {
public:
  auto work() {
    return [state = state_]() -> result<void> {
      state->inside.fetch_add(1);
      state->inside.notify_all();
      state->open.wait(false);
      return {};
    };
  }
  void wait_until_inside(int how_many) {
    for (int now = state_->inside; now < how_many; now = state_->inside) state_->inside.wait(now);
  }
  void open() {
    state_->open = true;
    state_->open.notify_all();
  }
  ~gate() { open(); }

private:
  struct shared {
    std::atomic<int> inside{0};
    std::atomic<bool> open{false};
  };
  std::shared_ptr<shared> state_ = std::make_shared<shared>();
};

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

TEST(BlockingPool, AnswersAStopAtOnceAndDoesNotDoWhatHasNotBegun) {
  test_loop loop;
  blocking_pool pool(with_threads(1));
  gate held;
  auto stopped = context::make(loop.current());
  std::atomic<bool> begun = false;
  auto kept = std::make_shared<int>(0);
  order seen;
  loop.run_in(stopped, [&] {
    pool.run(completion<void>(loop, [&](const error& failure) { seen("running " + failure.message()); }),
             held.work());
    held.wait_until_inside(1);
    pool.run(completion<void>(loop, [&](const error& failure) { seen("waiting " + failure.message()); }),
             [&begun, kept]() -> result<void> {
               begun = true;
               return {};
             });
  });
  loop.set_immediate([&] {
    stopped->request_stop();
    seen("stopped");
    EXPECT_EQ(kept.use_count(), 1);  // the work has gone already
  });
  loop.run();
  EXPECT_EQ(seen, (order{"stopped", "running canceled", "waiting canceled"}));
  held.open();
  // What was queued behind them still runs.
  promised<void>(loop, pool, []() -> result<void> { return {}; }).detach();
  loop.run();
  EXPECT_FALSE(begun);
}

TEST(BlockingPool, ShowsWorkThatHasBegunThatNobodyWaits) {
  blocking_pool pool(with_threads(2));
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  const auto until_abandoned = [&]() -> result<void> {
    ++begun;
    begun.notify_all();
    while (!detail::work_is_abandoned()) std::this_thread::yield();
    ++ended;
    return {};
  };
  {
    test_loop loop;
    auto stopped = context::make(loop.current());
    loop.run_in(stopped,
                [&] { promised<void>(loop, pool, until_abandoned).or_else([](const error&) {}).detach(); });
    promised<void>(loop, pool, until_abandoned).detach();
    for (int now = begun; now < 2; now = begun) begun.wait(now);
    stopped->request_stop();
    while (ended < 1) std::this_thread::yield();
    EXPECT_EQ(ended, 1);
  }  // and the loop that goes
  while (ended < 2) std::this_thread::yield();
  EXPECT_FALSE(detail::work_is_abandoned());
}

TEST(BlockingPool, DoesNotBeginUnderAStoppedContext) {
  test_loop loop;
  blocking_pool pool(with_threads(1));
  auto stopped = context::make(loop.current());
  stopped->request_stop(errc::timed_out);
  order seen;
  loop.run_in(stopped, [&] {
    pool.run(completion<void>(loop, [&](const error& failure) { seen(failure.message()); }),
             []() -> result<void> { return {}; });
  });
  seen("queued");
  loop.run();
  EXPECT_EQ(seen, (order{"queued", "timed out"}));
  EXPECT_EQ(pool.threads(), 0u);
}

TEST(BlockingPool, MayBeUnderWayWhenTheLoopEnds) {
  blocking_pool pool(with_threads(2));
  gate held;
  std::atomic<bool> begun = false;
  bool answered = false;
  auto result_goes = std::make_shared<int>(0);
  {
    test_loop loop;
    const auto note = [&](const error&, std::shared_ptr<int>) { answered = true; };
    for (int each = 0; each < 2; ++each) {
      pool.run(completion<std::shared_ptr<int>>(loop, note),
               [held = held.work(), result_goes]() mutable -> result<std::shared_ptr<int>> {
                 held().value();
                 return result_goes;
               });
    }
    held.wait_until_inside(2);
    promised<void>(loop, pool, [&begun]() -> result<void> {
      begun = true;
      return {};
    }).detach();
  }
  held.open();
  test_loop next;
  for (int each = 0; each < 2; ++each)
    promised<void>(next, pool, []() -> result<void> { return {}; }).detach();
  next.run();
  while (pool.outstanding() > 0) std::this_thread::yield();
  EXPECT_FALSE(answered);
  EXPECT_FALSE(begun);
  EXPECT_EQ(result_goes.use_count(), 1);
}

TEST(BlockingPool, ServesManyLoopsThatComeAndGo) {
  blocking_pool pool(with_threads(3, 10'000));
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&pool, &done, thread] {
      for (int round = 0; round < 25; ++round) {
        loop owner;
        for (int each = 0; each < 20; ++each) {
          promised<int>(owner, pool, [each]() -> result<int> {
            return each;
          }).then([&done](int) {
              ++done;
            }).detach();
        }
        if ((round + thread) % 2 == 0) owner.run();  // the others go with their work under way
      }
    });
  }
  for (auto& each : threads) each.join();
  EXPECT_GE(done, 4 * 12 * 20);
}

TEST(BlockingPool, DoesWhatIsQueuedBeforeItGoes) {
  test_loop loop;
  std::optional<blocking_pool> pool(with_threads(1));
  gate held;
  int done = 0;
  for (int each = 0; each < 3; ++each) {
    promised<void>(loop, *pool, held.work()).then([&] { ++done; }).detach();
  }
  held.open();
  pool.reset();
  loop.run();
  EXPECT_EQ(done, 3);
}

TEST(BlockingPool, ClosedSaysSo) {
  test_loop loop;
  blocking_pool pool(with_threads(1));
  pool.close();
  error got;
  pool.run(completion<void>(loop, [&](const error& failure) { got = failure; }),
           []() -> result<void> { return {}; });
  loop.run();
  EXPECT_EQ(got, error(errc::closed));
}

}  // namespace
}  // namespace trireme
