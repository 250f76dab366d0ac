// g++ 12 destroys some temporaries inside a `co_await` expression twice: lambdas whose captures have
// destructors, and aggregates. These are the shapes that our documentation shows instead; run under
// AddressSanitizer they prove safe.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <trireme/core/scope.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/core/timeout.hpp>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::test_loop;

/// Counts how many live; a double destruction leaves fewer than none.
struct counted {
  explicit counted(std::string held = "a text that is too long to lie within its string")
      : text(std::move(held)) {
    ++live;
  }
  counted(const counted& other) : text(other.text) { ++live; }
  counted(counted&& other) noexcept : text(std::move(other.text)) { ++live; }
  counted& operator=(const counted&) = default;
  counted& operator=(counted&&) noexcept = default;
  ~counted() { --live; }
  std::string text;
  static inline int live = 0;
};

/// A parameter struct as ours are: its constructor makes it no aggregate.
struct options {
  options() {}
  counted name;
  int size = 1;
};

promise<std::size_t> run(loop& owner, unique_function<std::size_t()> work) {
  return promise<std::size_t>::resolved(owner, work());
}
template <class Work, class... Arguments>
promise<std::size_t> run_with(loop& owner, Work work, Arguments... arguments) {
  return promise<std::size_t>::resolved(owner, work(std::move(arguments)...));
}
task<std::size_t> measure(loop& owner, const options& from, counted extra) {
  const std::size_t size = from.name.text.size() + extra.text.size();
  co_await sleep_for(owner, 1ms);
  co_return size;
}
task<std::size_t> call_later(loop& owner, unique_function<std::size_t()> work) {
  co_await sleep_for(owner, 1ms);
  co_return work();
}

class CoroutineShapes : public ::testing::Test {
protected:
  void TearDown() override { EXPECT_EQ(counted::live, 0); }

  template <class Work>
  void finish(Work work) {
    bool ended = false;
    {
      test_loop loop;
      auto running = work(loop);
      loop.run();
      ended = running.done();
    }
    EXPECT_TRUE(ended);
  }
};

TEST_F(CoroutineShapes, TwoStatements) {
  finish([](loop& owner) -> task<void> {
    counted value;
    auto job = run(owner, [value = std::move(value)] { return value.text.size(); });
    EXPECT_EQ(co_await std::move(job), 48u);
  });
}

TEST_F(CoroutineShapes, NamedCallableMovedIn) {
  finish([](loop& owner) -> task<void> {
    auto work = [value = counted()] { return value.text.size(); };
    EXPECT_EQ(co_await run(owner, std::move(work)), 48u);
  });
}

TEST_F(CoroutineShapes, CapturelessCallableWithArguments) {
  finish([](loop& owner) -> task<void> {
    EXPECT_EQ(co_await run_with(
                  owner, [](const counted& value) { return value.text.size(); }, counted()),
              48u);
  });
}

TEST_F(CoroutineShapes, CapturesWithoutDestructors) {
  finish([](loop& owner) -> task<void> {
    const counted value;
    EXPECT_EQ(co_await run(owner, [&value] { return value.text.size(); }), 48u);
  });
}

TEST_F(CoroutineShapes, TemporariesOfClassesWithConstructors) {
  finish([](loop& owner) -> task<void> {
    EXPECT_EQ(co_await measure(owner, options(), counted("five.")), 53u);
    EXPECT_EQ(co_await measure(owner, {}, counted()), 96u);
  });
}

TEST_F(CoroutineShapes, CallableAsAParameterOfACoroutine) {
  finish([](loop& owner) -> task<void> {
    auto job = call_later(owner, [value = counted()] { return value.text.size(); });
    EXPECT_EQ(co_await std::move(job), 48u);
  });
}

TEST_F(CoroutineShapes, ResultsOfEveryAwaitable) {
  finish([](loop& owner) -> task<void> {
    const auto from_task = co_await as_result(measure(owner, options(), counted("five.")));
    EXPECT_EQ(*from_task, 53u);
    const auto from_promise = co_await as_result(promise<counted>::resolved(owner));
    EXPECT_EQ(from_promise->text.size(), 48u);
    const auto slept = co_await as_result(sleep_for(owner, 1ms));
    EXPECT_TRUE(slept);
  });
}

TEST_F(CoroutineShapes, TimeoutInTwoStatements) {
  finish([](loop& owner) -> task<void> {
    auto guarded =
        with_timeout(owner, 1s, [&owner, value = counted()] { return measure(owner, options(), value); });
    EXPECT_EQ(co_await std::move(guarded), 96u);
  });
}

TEST_F(CoroutineShapes, SpawnedWithCaptures) {
  finish([](loop& owner) -> task<void> {
    scope background(owner);
    background.spawn([&owner, value = counted()]() -> task<void> {
      co_await sleep_for(owner, 1ms);
      EXPECT_EQ(value.text.size(), 48u);
    });
    co_await background.join();
  });
}

TEST_F(CoroutineShapes, SuspendedFramesThatAreDropped) {
  test_loop loop;
  {
    const auto dropped = measure(loop, options(), counted());
    auto guarded =
        with_timeout(loop, 1s, [&loop, value = counted()] { return measure(loop, options(), value); });
  }
  loop.run();
}

}  // namespace
