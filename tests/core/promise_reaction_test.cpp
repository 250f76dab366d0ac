// Reactions that are coroutines, and a promise that would settle as itself.
#include <trireme/core/promise.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <trireme/core/sleep.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

const std::string long_name = "a name that is far too long for the small string";

/// Logs as it goes, so that a test sees when the captures of a lambda have gone.
struct logs_at_end {
  logs_at_end(order& log) : told(&log) {}
  logs_at_end(logs_at_end&& other) noexcept : told(std::exchange(other.told, nullptr)) {}
  ~logs_at_end() {
    if (told) (*told)("captures gone");
  }
  order* told;
};

TEST(PromiseReaction, KeepsTheCapturesOfACoroutineUntilItsTaskHasEnded) {
  test_loop loop;
  order log;
  promise<int>::resolved(loop, 1)
      .then([&loop, &log, name = long_name, end = logs_at_end(log)](int value) -> task<std::string> {
        co_await sleep_for(loop, 1ms);
        log("goes on");
        co_return name + std::to_string(value);
      })
      .then([&](const std::string& text) { log(text); })
      .detach();
  loop.run();
  EXPECT_EQ(log, (order{"goes on", "captures gone", long_name + "1"}));
}

TEST(PromiseReaction, KeepsTheCapturesOfARescueThatIsACoroutine) {
  test_loop loop;
  order log;
  promise<std::string>::rejected(loop, errc::full)
      .or_else([&loop, name = long_name, end = logs_at_end(log)](error reason) -> task<std::string> {
        co_await sleep_for(loop, 1ms);
        co_return name + reason.message();
      })
      .then([&](const std::string& text) { log(text); })
      .detach();
  loop.run();
  EXPECT_EQ(log, (order{"captures gone", long_name + "limit reached"}));
}

TEST(PromiseReaction, KeepsTheCapturesOfAFinallyThatIsACoroutine) {
  test_loop loop;
  order log;
  const auto clean_up = [&] {
    return [&loop, &log, name = long_name, end = logs_at_end(log)]() -> task<void> {
      co_await sleep_for(loop, 1ms);
      log(name);
    };
  };
  promise<int>::resolved(loop, 1)
      .finally(clean_up())
      .then([&](int value) { log(std::to_string(value)); })
      .detach();
  loop.run();
  EXPECT_EQ(log, (order{long_name, "captures gone", "1"}));
  promise<int>::rejected(loop, errc::full)
      .finally(clean_up())
      .or_else([](const error&) { return 2; })
      .detach();
  loop.run();
  EXPECT_EQ(log, (order{long_name, "captures gone", "1", long_name, "captures gone"}));
}

TEST(PromiseReaction, KeepsTheValueThatACoroutineTookByReference) {
  test_loop loop;
  std::string seen;
  promise<std::string>::resolved(loop, long_name)
      .then([&](const std::string& name) -> task<void> {
        co_await sleep_for(loop, 1ms);
        seen = name;
      })
      .detach();
  loop.run();
  EXPECT_EQ(seen, long_name);
}

TEST(PromiseReaction, DropsTheCapturesOfACoroutineWithItsLoop) {
  order log;
  {
    test_loop loop;
    const auto work = [&] {
      return [&loop, end = logs_at_end(log)](auto&&...) -> task<void> { co_await sleep_for(loop, 1h); };
    };
    promise<void>::resolved(loop).then(work()).detach();
    promise<void>::rejected(loop, errc::full).or_else(work()).detach();
    promise<void>::resolved(loop).finally(work()).detach();
    loop.run_for(1ms);
    EXPECT_EQ(log, order{});
  }
  EXPECT_EQ(log, (order{"captures gone", "captures gone", "captures gone"}));
}

TEST(PromiseReaction, TakesNoMoreTicksForACoroutineWithCaptures) {
  test_loop loop;
  order log;
  promise<void>::resolved(loop)
      .then([name = long_name]() -> task<std::string> { co_return name; })
      .then([&](const std::string&) { log("settled"); })
      .detach();
  for (const char* const number : {"1", "2"}) {
    loop.queue_microtask([&log, &loop, number] {
      log(number);
      loop.queue_microtask([&log] { log("next"); });
    });
  }
  loop.run();
  EXPECT_EQ(log, (order{"1", "2", "next", "next", "settled"}));
}

// ECMA-262, Promise Resolve Functions, step 7.
TEST(PromiseReaction, RejectsAPromiseThatWouldSettleAsItself) {
  test_loop loop;
  order log;
  auto [own, settle] = make_promise<int>(loop);
  own.then([&](int) { log("settled"); }, [&](const error& reason) { log(reason.message()); }).detach();
  settle.resolve(std::move(own));
  EXPECT_FALSE(settle);
  loop.run();
  EXPECT_EQ(log, (order{"a promise cannot settle as itself"}));
}

TEST(PromiseReaction, RejectsAChainThatWouldSettleAsItself) {
  test_loop loop;
  error seen;
  std::optional<promise<void>> own;
  own = promise<void>::resolved(loop).then([&] { return std::move(*own); });
  own->or_else([&](const error& reason) { seen = reason; }).detach();
  loop.run();
  EXPECT_EQ(seen, errc::failed);
}

}  // namespace
