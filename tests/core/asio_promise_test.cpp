#include <trireme/core/asio.hpp>

#include <gtest/gtest.h>

#include <asio/async_result.hpp>
#include <asio/bind_executor.hpp>
#include <asio/compose.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <tuple>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

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

asio::error_code refused() { return asio::error::connection_refused; }
std::exception_ptr thrown(const char* text) { return std::make_exception_ptr(std::runtime_error(text)); }

TEST(AsioPromise, IsOfTheValuesOfItsSignature) {
  test_loop loop;
  const asio::error_code none;
  const std::exception_ptr nothing;
  static_assert(std::is_same_v<promise<void>, decltype(async_bring<void()>(loop, use_promise))>);
  static_assert(
      std::is_same_v<promise<void>, decltype(async_bring<void(asio::error_code)>(loop, use_promise, none))>);
  static_assert(std::is_same_v<promise<void>,
                               decltype(async_bring<void(std::exception_ptr)>(loop, use_promise, nothing))>);
  static_assert(std::is_same_v<promise<int>, decltype(async_bring<void(const int&)>(loop, use_promise, 1))>);
  static_assert(std::is_same_v<promise<int>, decltype(async_bring<void(asio::error_code, int)>(
                                                 loop, use_promise, none, 1))>);
  static_assert(std::is_same_v<promise<int>, decltype(async_bring<void(std::exception_ptr, int)>(
                                                 loop, use_promise, nothing, 1))>);
  static_assert(
      std::is_same_v<promise<std::tuple<int, char>>, decltype(async_bring<void(asio::error_code, int, char)>(
                                                         loop, use_promise, none, 1, 'c'))>);
  static_assert(std::is_same_v<promise<std::tuple<int, char>>,
                               decltype(async_bring<void(int, char)>(loop, use_promise, 1, 'c'))>);
}

TEST(AsioPromise, ResolvesWithTheValues) {
  test_loop loop;
  order log;
  const asio::error_code none;
  const std::exception_ptr nothing;
  async_bring<void()>(loop, use_promise).then([&] { log("nothing"); }).detach();
  async_bring<void(asio::error_code)>(loop, use_promise, none).then([&] { log("no error"); }).detach();
  async_bring<void(int)>(loop, use_promise, 1).then([&](int got) { log(std::to_string(got)); }).detach();
  async_bring<void(asio::error_code, std::unique_ptr<int>)>(loop, use_promise, none, std::make_unique<int>(2))
      .then([&](std::unique_ptr<int> got) { log(std::to_string(*got)); })
      .detach();
  async_bring<void(asio::error_code, int, char)>(loop, use_promise, none, 3, 'c')
      .then([&](std::tuple<int, char> got) { log(std::to_string(std::get<0>(got)) + std::get<1>(got)); })
      .detach();
  async_bring<void(std::exception_ptr, int)>(loop, use_promise, nothing, 4)
      .then([&](int got) { log(std::to_string(got)); })
      .detach();
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(log, (order{"nothing", "no error", "1", "2", "3c", "4"}));
}

template <class T>
std::optional<error> rejection_of(test_loop& loop, promise<T> awaited) {
  std::optional<error> found;
  std::move(awaited).then([](auto&&...) {}, [&](const error& failure) { found = failure; }).detach();
  loop.run();
  return found;
}

TEST(AsioPromise, RejectsWithTheErrorCodeOfAsio) {
  test_loop loop;
  EXPECT_EQ(rejection_of(loop, async_bring<void(asio::error_code)>(loop, use_promise, refused()))->code(),
            asio::error::connection_refused);
  EXPECT_EQ(
      rejection_of(loop, async_bring<void(asio::error_code, int)>(loop, use_promise, refused(), 1))->code(),
      asio::error::connection_refused);
  EXPECT_EQ(rejection_of(loop, async_bring<void(std::exception_ptr, int)>(loop, use_promise, thrown("it"), 1))
                ->message(),
            "it");
}

TEST(AsioPromise, GoesToUncaughtWhereNobodyTakesTheRejection) {
  test_loop loop;
  std::optional<error> found;
  loop.on_uncaught([&](const error& failure) { found = failure; });
  async_bring<void(asio::error_code)>(loop, use_promise, refused()).detach();
  loop.run();
  EXPECT_EQ(found->code(), asio::error::connection_refused);
}

TEST(AsioPromise, ReactsInAMicrotaskBehindTheHandler) {
  test_loop loop;
  order log;
  asio::post(loop.context(), use_promise).then([&] { log("first"); }).then([&] { log("then"); }).detach();
  asio::post(loop.context(), [&] {
    log("second");
    loop.next_tick([&] { log("tick"); });
  });
  loop.set_immediate([&] { log("immediate"); });
  loop.run();
  EXPECT_EQ(log, (order{"first", "then", "second", "tick", "immediate"}));
}

TEST(AsioPromise, RejectsWithTheReasonOfAStop) {
  test_loop loop;
  asio::steady_timer timer(loop.context(), 1h);
  const auto context = context::make({});
  auto waits = loop.run_in(context, [&] { return timer.async_wait(use_promise); });
  loop.set_timeout(1s, [&] { context->request_stop(errc::timed_out); });
  EXPECT_EQ(rejection_of(loop, std::move(waits))->code(), errc::timed_out);
}

TEST(AsioPromise, IsRejectedAtOnceUnderAStoppedContext) {
  test_loop loop;
  asio::steady_timer timer(loop.context(), 1h);
  const auto context = context::make({});
  context->request_stop();
  auto waits = loop.run_in(context, [&] { return timer.async_wait(use_promise); });
  EXPECT_TRUE(waits.settled());
  EXPECT_EQ(rejection_of(loop, std::move(waits))->code(), errc::canceled);
}

TEST(AsioPromise, IsRejectedByACancelOfAsio) {
  test_loop loop;
  asio::steady_timer timer(loop.context(), 1h);
  auto waits = timer.async_wait(use_promise);
  timer.cancel();
  EXPECT_EQ(rejection_of(loop, std::move(waits))->code(), asio::error::operation_aborted);
}

TEST(AsioPromise, LetsTheOperationRunWhereItIsDropped) {
  test_loop loop;
  asio::steady_timer timer(loop.context(), 0ms);
  timer.async_wait(use_promise).detach();
  EXPECT_TRUE(loop.alive());
  EXPECT_EQ(loop.run(), 0);
}

template <class Token>
auto async_drop(Token&& token) {
  return asio::async_initiate<Token, void(asio::error_code)>([](auto) {}, token);
}
template <class Token>
auto async_throw(Token&& token) {
  return asio::async_initiate<Token, void(asio::error_code)>(
      [](auto) { throw std::runtime_error("no start"); }, token);
}

TEST(AsioPromise, RejectsWhereTheHandlerIsDestroyedUncalled) {
  test_loop loop;
  EXPECT_EQ(rejection_of(loop, async_drop(use_promise))->code(), errc::broken_promise);
}

TEST(AsioPromise, RejectsWithWhatTheInitiationThrows) {
  test_loop loop;
  EXPECT_EQ(rejection_of(loop, async_throw(use_promise))->message(), "no start");
}

TEST(AsioPromise, GoesWithTheLoopMidOperation) {
  bool reacted = false;
  {
    test_loop loop;
    asio::ip::tcp::acceptor acceptor(loop.context(), {asio::ip::make_address("127.0.0.1"), 0});
    auto timer = std::make_shared<asio::steady_timer>(loop.context(), 1h);
    timer->async_wait(use_promise).then([&, timer] { reacted = true; }).detach();
    acceptor.async_accept(use_promise).then([&](const asio::ip::tcp::socket&) { reacted = true; }).detach();
    loop.poll();
  }
  EXPECT_FALSE(reacted);
}

TEST(AsioPromise, BelongsToTheLoopThatIsNamed) {
  test_loop first;
  test_loop second;
  auto here = asio::post(first.context(), use_promise(first));
  EXPECT_EQ(&here.owner(), static_cast<loop*>(&first));
  auto there = asio::post(second.context(), use_promise(second));
  EXPECT_EQ(&there.owner(), static_cast<loop*>(&second));
  first.run();
  second.run();
  EXPECT_TRUE(here.settled());
  EXPECT_TRUE(there.settled());
}

TEST(AsioPromise, TakesTheTokenAdaptersOfAsio) {
  test_loop loop;
  order log;
  asio::error_code failure;
  async_bring<void(asio::error_code, int)>(loop, asio::redirect_error(use_promise, failure), refused(), 1)
      .then([&](int got) { log(failure.message() + std::to_string(got)); })
      .detach();
  async_bring<void(asio::error_code, int)>(loop, asio::experimental::as_tuple(use_promise), refused(), 2)
      .then([&](std::tuple<asio::error_code, int> got) { log(std::to_string(std::get<1>(got))); })
      .detach();
  asio::post(loop.context(), asio::bind_executor(executor_of(loop), use_promise))
      .then([&] { log("bound"); })
      .detach();
  loop.run();
  EXPECT_EQ(log, (order{"Connection refused1", "2", "bound"}));
}

TEST(AsioPromise, IsTheDefaultTokenWhereAskedFor) {
  test_loop loop;
  order log;
  use_promise_t::as_default_on_t<asio::steady_timer> timer(loop.context(), 0ms);
  timer.async_wait().then([&] { log("waited"); }).detach();
  auto other = use_promise.as_default_on(asio::steady_timer(executor_of(loop), 0ms));
  other.async_wait().then([&] { log("waited again"); }).detach();
  loop.run();
  EXPECT_EQ(log, (order{"waited", "waited again"}));
}

TEST(AsioPromise, KeepsTheCodeOfWhatTheInitiationThrows) {
  test_loop loop;
  error seen;
  const auto initiate = [](auto) { throw std::system_error(refused()); };
  asio::async_initiate<const use_promise_t, void()>(initiate, use_promise)
      .or_else([&](const error& reason) { seen = reason; })
      .detach();
  loop.run();
  EXPECT_EQ(seen.code(), asio::error::connection_refused);
}

}  // namespace
