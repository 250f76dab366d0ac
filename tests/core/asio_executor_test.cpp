#include <trireme/core/asio.hpp>

#include <gtest/gtest.h>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_allocator.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/defer.hpp>
#include <asio/detached.hpp>
#include <asio/dispatch.hpp>
#include <asio/execution.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/core/timeout.hpp>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

static_assert(asio::execution::is_executor<executor>::value);
static_assert(std::is_convertible_v<executor, asio::any_io_executor>);
static_assert(std::is_nothrow_copy_constructible_v<executor>);

TEST(AsioExecutor, HasThePropertiesThatAsioAsksFor) {
  test_loop loop;
  const executor plain = executor_of(loop);
  EXPECT_EQ(&asio::query(plain, asio::execution::context), &loop.context());
  const auto never = asio::require(plain, asio::execution::blocking.never);
  EXPECT_EQ(asio::query(never, asio::execution::blocking), asio::execution::blocking.never);
  const auto continues = asio::prefer(plain, asio::execution::relationship.continuation);
  EXPECT_EQ(asio::query(continues, asio::execution::relationship),
            asio::execution::relationship.continuation);
  const auto tracks = asio::require(plain, asio::execution::outstanding_work.tracked);
  EXPECT_EQ(asio::query(tracks, asio::execution::outstanding_work),
            asio::execution::outstanding_work.tracked);
  EXPECT_EQ(plain, executor_of(loop));
  test_loop other;
  EXPECT_NE(plain, executor_of(other));
}

TEST(AsioExecutor, CallsInThePollPhaseWithTicksAndMicrotasksBehindEach) {
  test_loop loop;
  order log;
  const auto each = [&](const char* name) {
    return [&, name] {
      log(name);
      loop.queue_microtask([&] { log("microtask"); });
      loop.next_tick([&] { log("tick"); });
    };
  };
  loop.set_timeout(0ms, [&] {
    asio::post(executor_of(loop), each("post"));
    asio::defer(executor_of(loop), each("defer"));
    asio::dispatch(executor_of(loop), each("dispatch"));
    loop.set_immediate([&] { log("immediate"); });
    loop.defer_pending([&] { log("pending"); });
  });
  loop.run();
  EXPECT_EQ(log, (order{"pending", "post", "tick", "microtask", "defer", "tick", "microtask", "dispatch",
                        "tick", "microtask", "immediate"}));
}

TEST(AsioExecutor, DispatchesAtOnceWithinAHandler) {
  test_loop loop;
  order log;
  asio::post(executor_of(loop), [&] {
    loop.next_tick([&] { log("tick"); });
    asio::post(executor_of(loop), [&] { log("post"); });
    asio::dispatch(executor_of(loop), [&] { log("dispatch"); });
    log("handler");
  });
  loop.run();
  EXPECT_EQ(log, (order{"dispatch", "handler", "tick", "post"}));
}

TEST(AsioExecutor, TakesPostsOfOtherThreadsAndWakesTheLoop) {
  loop loop;
  int ran = 0;
  std::optional<pending_work> waits(loop);
  const auto here = std::this_thread::get_id();
  std::thread other([to = executor_of(loop), &ran, &waits, here] {
    for (int each = 0; each < 1000; ++each) {
      asio::post(to, [&ran, &waits, here] {
        EXPECT_EQ(std::this_thread::get_id(), here);
        if (++ran == 1000) waits.reset();
      });
    }
  });
  EXPECT_EQ(loop.run(), 0);
  other.join();
  EXPECT_EQ(ran, 1000);
}

TEST(AsioExecutor, KeepsTheLoopAliveByAWorkGuard) {
  test_loop loop;
  auto guard = asio::make_work_guard(executor_of(loop));
  EXPECT_TRUE(loop.alive());
  std::thread other([&] { asio::post(guard.get_executor(), [&] { guard.reset(); }); });
  EXPECT_EQ(loop.run(), 0);
  other.join();
}

TEST(AsioExecutor, ServesAsAnyIoExecutor) {
  test_loop loop;
  order log;
  const asio::any_io_executor any = executor_of(loop);
  asio::post(any, [&] { log("post"); });
  asio::steady_timer timer(any, 0ms);
  timer.async_wait([&](asio::error_code) { log("timer"); });
  loop.run();
  EXPECT_EQ(log, (order{"post", "timer"}));
}

TEST(AsioExecutor, ServesObjectsThatNameItAsTheirType) {
  test_loop loop;
  order log;
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                             executor>
      timer(executor_of(loop), 0ms);
  timer.async_wait([&](asio::error_code) { log("timer"); });
  asio::basic_stream_socket<asio::ip::tcp, executor> socket(executor_of(loop));
  socket.open(asio::ip::tcp::v4());
  socket.async_connect({asio::ip::make_address("127.0.0.1"), 1},
                       [&](asio::error_code failure) { log(failure ? "refused" : "connected"); });
  loop.run();
  EXPECT_EQ(log.events().size(), 2u);
}

TEST(AsioExecutor, KeepsTheOrderOfAStrand) {
  test_loop loop;
  order log;
  const asio::strand<executor> ordered = asio::make_strand(executor_of(loop));
  asio::post(ordered, [&] {
    log("first");
    asio::dispatch(ordered, [&] { log("at once"); });
    asio::post(ordered, [&] { log("last"); });
    EXPECT_TRUE(ordered.running_in_this_thread());
  });
  asio::post(ordered, [&] { log("second"); });
  asio::post(executor_of(loop), asio::bind_executor(ordered, [&] { log("bound"); }));
  loop.run();
  EXPECT_EQ(log, (order{"first", "at once", "second", "last", "bound"}));
}

task<void> wait_in_strand(loop& on, order& log) {
  asio::steady_timer timer(asio::make_strand(executor_of(on)), 0ms);
  co_await timer.async_wait(use_task);
  log("waited");
}

TEST(AsioExecutor, AwaitsObjectsOfAStrand) {
  test_loop loop;
  order log;
  auto running = wait_in_strand(loop, log);
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"waited"}));
}

#if defined(ASIO_HAS_CO_AWAIT)  // not with clang 14
asio::awaitable<int> of_asio(order& log) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 0ms);
  co_await timer.async_wait(asio::use_awaitable);
  log("in Asio's coroutine");
  co_return 7;
}

task<void> await_of_asio(loop& on, order& log) {
  const int got = co_await asio::co_spawn(executor_of(on), of_asio(log), use_task);
  log("in a task " + std::to_string(got));
}

TEST(AsioExecutor, RunsTheCoroutinesOfAsio) {
  test_loop loop;
  order log;
  asio::co_spawn(executor_of(loop), of_asio(log), asio::detached);
  loop.run();
  EXPECT_EQ(log, (order{"in Asio's coroutine"}));
  log.clear();
  auto running = await_of_asio(loop, log);
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"in Asio's coroutine", "in a task 7"}));
}

asio::awaitable<void> wait_an_hour() {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
  co_await timer.async_wait(asio::use_awaitable);
}

task<error> failure_of(loop&, task<void> awaited) {
  const auto outcome = co_await as_result(std::move(awaited));
  co_return outcome.error();
}

TEST(AsioExecutor, StopsTheCoroutinesOfAsio) {
  test_loop loop;
  auto work = [&]() -> task<void> { co_await asio::co_spawn(executor_of(loop), wait_an_hour(), use_task); };
  auto failed = failure_of(loop, with_timeout(loop, 5s, work));
  loop.run();
  EXPECT_EQ(failed.settlement().value().code(), errc::timed_out);
}

#endif

TEST(AsioExecutor, PassesOnWhatAFunctionThrows) {
  test_loop loop;
  order log;
  loop.on_uncaught([&](const error& failure) { log(failure.message()); });
  asio::post(executor_of(loop), [] { throw std::runtime_error("it"); });
  asio::post(asio::make_strand(executor_of(loop)), [] { throw std::runtime_error("that"); });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(log, (order{"it", "that"}));
}

TEST(AsioExecutor, StartsAtTheRootUnlessAContextIsBound) {
  test_loop loop;
  const auto context = context::make({});
  const auto ordered = asio::make_strand(executor_of(loop));
  int checked = 0;
  loop.run_in(context, [&] {
    asio::post(executor_of(loop), [&] { checked += loop.current() == context_ptr(); });
    asio::post(executor_of(loop), bind_context(loop, [&] { checked += loop.current() == context; }));
    asio::post(ordered, bind_context(loop, [&] { checked += loop.current() == context; }));
  });
  asio::post(ordered, [&] { checked += loop.current() == context_ptr(); });
  loop.run();
  EXPECT_EQ(checked, 4);
}

TEST(AsioExecutor, LeavesTheRestOfAHandlerAsItIsWhenAContextIsBound) {
  test_loop loop;
  const auto ordered = asio::make_strand(executor_of(loop));
  const auto inside = asio::bind_executor(ordered, [](int value) { return value + 1; });
  auto bound = bind_context(loop, inside);
  EXPECT_EQ(asio::get_associated_executor(bound), ordered);
  EXPECT_EQ(bound(1), 2);
}

TEST(AsioExecutor, DropsWhatItHoldsWithTheLoop) {
  const auto kept = std::make_shared<int>();
  {
    test_loop loop;
    asio::post(executor_of(loop), [kept] {});
    asio::post(asio::make_strand(executor_of(loop)), [kept] {});
#if defined(ASIO_HAS_CO_AWAIT)
    auto work = [kept]() -> asio::awaitable<void> { co_await wait_an_hour(); };
    asio::co_spawn(executor_of(loop), work, asio::detached);
#endif
    const auto context = context::make({});
    loop.run_in(context, [&] { asio::post(executor_of(loop), bind_context(loop, [kept] {})); });
    EXPECT_GE(kept.use_count(), 4);
  }
  EXPECT_EQ(kept.use_count(), 1);
}

}  // namespace
