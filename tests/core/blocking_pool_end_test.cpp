#include <trireme/core/detail/blocking_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <trireme/core/pending_work.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

#include "blocking_pool_fixture.hpp"

namespace trireme {
namespace {

using detail::blocking_pool;
using testing::gate;
using testing::order;
using testing::promised;
using testing::test_loop;
using testing::with_threads;

TEST(BlockingPoolEnd, AnswersAStopAtOnceAndDoesNotDoWhatHasNotBegun) {
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

TEST(BlockingPoolEnd, ShowsWorkThatHasBegunThatNobodyWaits) {
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

TEST(BlockingPoolEnd, DoesNotBeginUnderAStoppedContext) {
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

TEST(BlockingPoolEnd, MayBeUnderWayWhenTheLoopEnds) {
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
  while (result_goes.use_count() > 1) std::this_thread::yield();  // the last thread frees what nobody takes
  EXPECT_FALSE(answered);
  EXPECT_FALSE(begun);
}

TEST(BlockingPoolEnd, ServesManyLoopsThatComeAndGo) {
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

TEST(BlockingPoolEnd, DoesWhatIsQueuedBeforeItGoes) {
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

TEST(BlockingPoolEnd, ClosedSaysSo) {
  test_loop loop;
  blocking_pool pool(with_threads(1));
  pool.close();
  error got;
  pool.run(completion<void>(loop, [&](const error& failure) { got = failure; }),
           []() -> result<void> { return {}; });
  loop.run();
  EXPECT_EQ(got, error(errc::closed));
}

TEST(BlockingPoolEnd, DoesSlowWorkThatWaitsBeforeItGoes) {
  test_loop loop;
  std::optional<pending_work> somebody_waits(loop);
  std::optional<blocking_pool> pool(with_threads(2));
  gate held;
  int done = 0;
  for (int each = 0; each < 5; ++each) {
    pool->run_slow(completion<void>(loop,
                                    [&](const error& failure) {
                                      EXPECT_FALSE(failure);
                                      if (++done == 5) somebody_waits.reset();
                                    }),
                   held.work());
  }
  held.wait_until_inside(1);
  pool->close();
  held.open();
  pool.reset();
  loop.run();
  EXPECT_EQ(done, 5);
}

}  // namespace
}  // namespace trireme
