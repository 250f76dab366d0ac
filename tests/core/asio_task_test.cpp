#include <trireme/core/asio.hpp>

#include <gtest/gtest.h>

#include <asio/async_result.hpp>
#include <asio/bind_executor.hpp>
#include <asio/compose.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/system_timer.hpp>
#include <asio/thread_pool.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <trireme/core/scope.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/core/timeout.hpp>
#include <tuple>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

/// An operation that brings `values`, a turn later.
template <class Signature, class Token, class... Values>
auto async_bring(loop& owner, Token&& token, Values... values) {
  return asio::async_initiate<Token, Signature>(
      [&owner](auto handler, auto... brought) {
        asio::post(owner.context(), [handler = std::move(handler),
                                     kept = std::tuple(std::move(brought)...)]() mutable {
          std::apply([&](auto&&... each) { std::move(handler)(std::move(each)...); }, std::move(kept));
        });
      },
      token, std::move(values)...);
}

std::exception_ptr thrown(const char* text) { return std::make_exception_ptr(std::runtime_error(text)); }
asio::error_code refused() { return asio::error::connection_refused; }

task<void> every_signature(loop& on, order& log) {
  co_await async_bring<void()>(on, use_task);
  log("nothing");
  co_await async_bring<void(asio::error_code)>(on, use_task, asio::error_code());
  log("no error");
  co_await async_bring<void(std::exception_ptr)>(on, use_task, std::exception_ptr());
  log("no exception");
  log(co_await async_bring<void(std::string)>(on, use_task, std::string("text")));
  log(co_await async_bring<void(asio::error_code, std::string)>(on, use_task, asio::error_code(),
                                                                std::string("no error, text")));
  log(co_await async_bring<void(std::exception_ptr, std::string)>(on, use_task, std::exception_ptr(),
                                                                  std::string("no exception, text")));
  const auto [text, number] = co_await async_bring<void(asio::error_code, std::string, int)>(
      on, use_task, asio::error_code(), std::string("pair"), 7);
  log(text + std::to_string(number));
  const auto [left, right] = co_await async_bring<void(int, int)>(on, use_task, 1, 2);
  log(std::to_string(left + right));
  const std::unique_ptr<int> moved = co_await async_bring<void(asio::error_code, std::unique_ptr<int>)>(
      on, use_task, asio::error_code(), std::make_unique<int>(5));
  log(std::to_string(*moved));
}

TEST(AsioTask, BringsTheValuesOfEverySignature) {
  test_loop loop;
  order log;
  auto running = every_signature(loop, log);
  EXPECT_EQ(loop.run(), 0);
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"nothing", "no error", "no exception", "text", "no error, text", "no exception, text",
                        "pair7", "3", "5"}));
}

template <class Awaited>
task<error> failure_of(loop&, Awaited awaited) {
  try {
    co_await std::move(awaited);
  } catch (...) {
    co_return error::from(std::current_exception());
  }
  co_return error();
}

TEST(AsioTask, ThrowsTheErrorCodeOfAsio) {
  test_loop loop;
  auto plain = failure_of(loop, async_bring<void(asio::error_code)>(loop, use_task, refused()));
  auto valued = failure_of(loop, async_bring<void(asio::error_code, int)>(loop, use_task, refused(), 0));
  auto other = failure_of(loop, async_bring<void(std::exception_ptr)>(loop, use_task, thrown("it")));
  const auto system = std::make_exception_ptr(std::system_error(refused()));
  auto coded = failure_of(loop, async_bring<void(std::exception_ptr, int)>(loop, use_task, system, 0));
  loop.run();
  EXPECT_EQ(plain.settlement().value().code(), asio::error::connection_refused);
  EXPECT_EQ(valued.settlement().value().code(), asio::error::connection_refused);
  EXPECT_EQ(other.settlement().value().message(), "it");
  EXPECT_EQ(coded.settlement().value().code(), asio::error::connection_refused);
}

/// What is thrown, by name.
template <class Awaited>
task<std::string> thrown_by(loop&, Awaited awaited) {
  try {
    co_await std::move(awaited);
  } catch (const error&) {
    co_return "trireme::error";
  } catch (const std::system_error&) {
    co_return "std::system_error";
  } catch (const std::runtime_error&) {
    co_return "std::runtime_error";
  }
  co_return "nothing";
}

TEST(AsioTask, ThrowsTheOriginalOfAnExceptionPointer) {
  test_loop loop;
  auto code = thrown_by(loop, async_bring<void(asio::error_code)>(loop, use_task, refused()));
  auto other = thrown_by(loop, async_bring<void(std::exception_ptr)>(loop, use_task, thrown("it")));
  const auto system = std::make_exception_ptr(std::system_error(refused()));
  auto coded = thrown_by(loop, async_bring<void(std::exception_ptr, int)>(loop, use_task, system, 0));
  loop.run();
  EXPECT_EQ(code.settlement().value(), "trireme::error");
  EXPECT_EQ(other.settlement().value(), "std::runtime_error");
  EXPECT_EQ(coded.settlement().value(), "std::system_error");
}

task<void> take_results(loop& on, order& log) {
  const result<int> good =
      co_await as_result(async_bring<void(asio::error_code, int)>(on, use_task, asio::error_code(), 3));
  log(std::to_string(*good));
  const result<int> bad =
      co_await as_result(async_bring<void(asio::error_code, int)>(on, use_task, refused(), 3));
  log(bad.error().message());
  const result<void> nothing =
      co_await as_result(async_bring<void(asio::error_code)>(on, use_task, refused()));
  log(nothing.has_value() ? "success" : "failure");
}

TEST(AsioTask, GivesAResultWhereAskedFor) {
  test_loop loop;
  order log;
  auto running = take_results(loop, log);
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"3", "Connection refused", "failure"}));
}

task<void> log_around(loop& on, order& log) {
  log("before");
  co_await asio::post(on.context(), use_task);
  log("after");
}

TEST(AsioTask, ResumesInAMicrotaskBehindTheHandler) {
  test_loop loop;
  order log;
  auto running = log_around(loop, log);
  asio::post(loop.context(), [&] {
    log("next handler");
    loop.next_tick([&] { log("tick"); });
    loop.queue_microtask([&] { log("microtask"); });
  });
  loop.set_immediate([&] { log("immediate"); });
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"before", "after", "next handler", "tick", "microtask", "immediate"}));
}

task<void> wait_for(loop&, asio::steady_timer& timer) { co_await timer.async_wait(use_task); }

TEST(AsioTask, EndsWithTheReasonWhenItsContextIsStopped) {
  test_loop loop;
  asio::steady_timer timer(loop.context(), 1h);
  const auto context = context::make({});
  auto running = loop.run_in(context, [&] { return wait_for(loop, timer); });
  loop.set_timeout(1s, [&] { context->request_stop(errc::timed_out); });
  std::optional<error> failure;
  loop.on_uncaught([&](const error& reason) { failure = reason; });
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(running.settlement().failure().code(), errc::timed_out);
  EXPECT_EQ(loop.alive(), false);
  EXPECT_FALSE(failure);
  const auto taken = failure_of(loop, std::move(running));
  loop.run();
}

TEST(AsioTask, IsEndedByATimeout) {
  test_loop loop;
  asio::steady_timer timer(loop.context(), 1h);
  auto work = [&] { return wait_for(loop, timer); };
  auto failed = failure_of(loop, with_timeout(loop, 5s, work));
  loop.run();
  EXPECT_EQ(failed.settlement().value().code(), errc::timed_out);
}

TEST(AsioTask, StartsNothingUnderAStoppedContext) {
  test_loop loop;
  asio::steady_timer timer(loop.context(), 1h);
  const auto context = context::make({});
  context->request_stop();
  auto failed = loop.run_in(context, [&] { return failure_of(loop, timer.async_wait(use_task)); });
  EXPECT_EQ(timer.cancel(), 0u);
  loop.run();
  EXPECT_EQ(failed.settlement().value().code(), errc::canceled);
}

TEST(AsioTask, KeepsAnOutcomeThatCameBeforeTheStop) {
  test_loop loop;
  asio::steady_timer timer(loop.context(), asio::steady_timer::time_point::min());
  const auto context = context::make({});
  auto failed = loop.run_in(context, [&] { return failure_of(loop, timer.async_wait(use_task)); });
  asio::post(loop.context(), [&] { context->request_stop(); });
  loop.run();
  EXPECT_FALSE(failed.settlement().value());
}

TEST(AsioTask, IsCancelledByAsioAsEver) {
  test_loop loop;
  asio::steady_timer timer(loop.context(), 1h);
  auto failed = failure_of(loop, timer.async_wait(use_task));
  loop.set_immediate([&] { timer.cancel(); });
  loop.run();
  EXPECT_EQ(failed.settlement().value().code(), asio::error::operation_aborted);
}

TEST(AsioTask, CancelsTheOperationWhenItsFrameIsDropped) {
  test_loop loop;
  auto timer = std::make_unique<asio::steady_timer>(loop.context(), 1h);
  auto background = std::make_unique<scope>(loop);
  background->spawn([&]() -> task<void> { co_await timer->async_wait(use_task); });
  EXPECT_TRUE(loop.alive());
  loop.set_immediate([&] {
    background.reset();
    timer.reset();
  });
  EXPECT_EQ(loop.run(), 0);
}

TEST(AsioTask, MayBeDroppedBetweenTheHandlerAndItsResumption) {
  test_loop loop;
  order log;
  auto background = std::make_unique<scope>(loop);
  callback end;
  auto hold = [&](auto handler) {
    end = [kept = std::move(handler)]() mutable { std::move(kept)(asio::error_code()); };
  };
  background->spawn([&]() -> task<void> {
    using token = const use_task_t&;
    co_await asio::async_initiate<token, void(asio::error_code)>(hold, use_task);
    log("never");
  });
  loop.set_immediate([&] {
    loop.next_tick([&] { background.reset(); });
    end();
  });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(log, (order{}));
}

TEST(AsioTask, GoesWithTheLoopMidOperation) {
  order log;
  struct goes {
    order& log;
    ~goes() { log("gone"); }
  };
  {
    auto loop = std::make_unique<test_loop>();
    auto timer = std::make_shared<asio::steady_timer>(loop->context(), 1h);
    auto wait = [](trireme::loop&, std::shared_ptr<asio::steady_timer> kept, order& events) -> task<void> {
      const goes local{events};
      co_await kept->async_wait(use_task);
      events("never");
    };
    wait(*loop, std::move(timer), log).as_promise().detach();
    loop->poll();
  }
  EXPECT_EQ(log, (order{"gone"}));
}

/// Ends when its handler is destroyed without having been called.
template <class Token>
auto async_drop(Token&& token) {
  return asio::async_initiate<Token, void(asio::error_code)>([](auto) {}, token);
}
template <class Token>
auto async_throw(Token&& token) {
  return asio::async_initiate<Token, void(asio::error_code)>(
      [](auto) { throw std::runtime_error("no start"); }, token);
}

TEST(AsioTask, FailsWhereTheHandlerIsDestroyedUncalled) {
  test_loop loop;
  auto failed = failure_of(loop, async_drop(use_task));
  loop.run();
  EXPECT_EQ(failed.settlement().value().code(), errc::broken_promise);
}

task<void> try_to_start(loop& on, order& log) {
  try {
    co_await async_throw(use_task);
  } catch (const std::runtime_error& failure) {
    log(failure.what());
  }
  co_await asio::post(on.context(), use_task);
  log("goes on");
}

TEST(AsioTask, ThrowsWhatTheInitiationThrows) {
  test_loop loop;
  order log;
  auto running = try_to_start(loop, log);
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"no start", "goes on"}));
}

/// An operation that offers no cancellation, as a resolver's; `release` ends it.
struct stubborn {
  template <class Token>
  auto async_wait(Token&& token) {
    return asio::async_initiate<Token, void(asio::error_code)>(
        [this](auto handler) {
          end = [kept = std::make_shared<decltype(handler)>(std::move(handler))]() mutable {
            std::move (*kept)(asio::error_code());
          };
        },
        token);
  }
  callback end;
};

TEST(AsioTask, LeavesAnOperationWithoutCancellationBehind) {
  test_loop loop;
  stubborn slow;
  auto work = [&]() -> task<void> { co_await slow.async_wait(use_task); };
  auto failed = failure_of(loop, with_timeout(loop, 5s, work));
  loop.run();
  EXPECT_EQ(failed.settlement().value().code(), errc::timed_out);
  slow.end();
  EXPECT_EQ(loop.run(), 0);
}

TEST(AsioTask, HasItsHandlerOnTheLoopWhateverTheExecutorOfTheOperation) {
  test_loop loop;
  asio::thread_pool pool(1);
  const pending_work waits(loop);
  const auto here = std::this_thread::get_id();
  bool same = false;
  auto work = [&](trireme::loop& on) -> task<void> {
    co_await asio::post(pool, use_task);
    same = std::this_thread::get_id() == here;
    on.stop();
  };
  auto running = work(loop);
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_TRUE(same);
}

TEST(AsioTask, FailsWhereAnotherThreadDropsTheHandler) {
  test_loop loop;
  const pending_work waits(loop);
  std::thread dropper;
  auto take_away = [&](auto handler) { dropper = std::thread([kept = std::move(handler)] {}); };
  using token = const use_task_t&;
  auto failed = failure_of(loop, asio::async_initiate<token, void(asio::error_code)>(take_away, use_task));
  while (!failed.done()) loop.run_once();
  dropper.join();
  EXPECT_EQ(failed.settlement().value().code(), errc::broken_promise);
}

template <class Token>
auto async_count(asio::steady_timer& timer, int rounds, Token&& token) {
  auto step = [&timer, rounds, text = std::string(100, 'x')](auto& self,
                                                             asio::error_code failure = {}) mutable {
    if (failure || rounds-- == 0) return self.complete(failure, text);
    timer.expires_after(0ms);
    timer.async_wait(std::move(self));
  };
  return asio::async_compose<Token, void(asio::error_code, std::string)>(std::move(step), token, timer);
}

task<void> await_composed(loop& on, order& log) {
  asio::steady_timer timer(on.context());
  const std::string text = co_await async_count(timer, 3, use_task);
  log(std::to_string(text.size()));
}

TEST(AsioTask, AwaitsAComposedOperation) {
  test_loop loop;
  order log;
  auto running = await_composed(loop, log);
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"100"}));
}

TEST(AsioTask, CancelsAComposedOperation) {
  test_loop loop;
  asio::steady_timer timer(loop.context(), 1h);
  auto step = [&timer, started = false](auto& self, asio::error_code failure = {}) mutable {
    if (std::exchange(started, true)) return self.complete(failure);
    timer.async_wait(std::move(self));
  };
  auto work = [&]() -> task<void> {
    using token = const use_task_t&;
    co_await asio::async_compose<token, void(asio::error_code)>(step, use_task, timer);
  };
  auto failed = failure_of(loop, with_timeout(loop, 5s, work));
  loop.run();
  EXPECT_EQ(failed.settlement().value().code(), errc::timed_out);
}

task<void> adapt(loop& on, order& log) {
  asio::error_code failure;
  co_await async_bring<void(asio::error_code)>(on, asio::redirect_error(use_task, failure), refused());
  log(failure.message());
  const auto [code, number] = co_await async_bring<void(asio::error_code, int)>(
      on, asio::experimental::as_tuple(use_task), refused(), 4);
  log(code.message() + std::to_string(number));
  co_await asio::post(on.context(), asio::bind_executor(executor_of(on), use_task));
  log("bound");
}

TEST(AsioTask, TakesTheTokenAdaptersOfAsio) {
  test_loop loop;
  order log;
  auto running = adapt(loop, log);
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"Connection refused", "Connection refused4", "bound"}));
}

task<void> await_late(loop& on, order& log) {
  auto early = asio::post(on.context(), use_task);
  co_await asio::post(on.context(), use_task);
  log("second");
  co_await std::move(early);
  log("first");
}

TEST(AsioTask, StartsWithTheCallAndMayBeAwaitedLater) {
  test_loop loop;
  order log;
  auto running = await_late(loop, log);
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"second", "first"}));
}

TEST(AsioTask, CancelsTheOperationThatNobodyAwaits) {
  test_loop loop;
  asio::steady_timer timer(loop.context(), 1h);
  static_cast<void>(timer.async_wait(use_task));
  EXPECT_EQ(loop.run(), 0);
}

task<void> wait_by_default(loop& on, order& log) {
  use_task_t::as_default_on_t<asio::steady_timer> timer(on.context(), 0ms);
  co_await timer.async_wait();
  log("waited");
  auto other = use_task.as_default_on(asio::system_timer(executor_of(on), 0ms));
  co_await other.async_wait();
  log("waited again");
}

TEST(AsioTask, IsTheDefaultTokenWhereAskedFor) {
  test_loop loop;
  order log;
  auto running = wait_by_default(loop, log);
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"waited", "waited again"}));
}

}  // namespace
