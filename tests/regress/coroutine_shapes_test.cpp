// g++ 12 destroys some temporaries inside a `co_await` expression twice: lambdas whose captures have
// destructors, and aggregates. These are the shapes that our documentation shows instead; run under
// AddressSanitizer they prove safe.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <trireme/core/all.hpp>
#include <trireme/core/all_settled.hpp>
#include <trireme/core/any.hpp>
#include <trireme/core/map.hpp>
#include <trireme/core/race.hpp>
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
    EXPECT_EQ(co_await measure(owner, {}, counted()), 96u);  // lint:allow(coroutines) it has a constructor
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
    EXPECT_EQ(co_await guarded, 96u);
  });
}

TEST_F(CoroutineShapes, TimeoutAsAPromise) {
  finish([](loop& owner) -> task<void> {
    auto guarded =
        with_timeout(owner, 1s, [&owner, value = counted()] { return measure(owner, options(), value); });
    auto settles = std::move(guarded).as_promise();
    EXPECT_EQ(co_await settles, 96u);
    auto failing = with_timeout(owner, 1ms, [&owner, value = counted()]() -> task<std::size_t> {
      co_await sleep_for(owner, 1h);
      co_return value.text.size();
    });
    const auto ended = co_await as_result(failing);
    EXPECT_EQ(ended.error(), errc::timed_out);
  });
}

TEST_F(CoroutineShapes, CombinatorsInTwoStatements) {
  finish([](loop& owner) -> task<void> {
    const auto work = [&owner, value = counted()] { return measure(owner, options(), value); };
    auto both = all(owner, work, work);
    const auto sizes = co_await both;
    EXPECT_EQ(std::get<0>(sizes) + std::get<1>(sizes), 192u);
    auto settled = all_settled(owner, work, work);
    const auto outcomes = co_await settled;
    EXPECT_EQ(*std::get<1>(outcomes), 96u);
    auto first = race(owner, work, work);
    EXPECT_EQ(co_await first, 96u);
    auto good = any(owner, work, work);
    EXPECT_EQ(co_await good, 96u);
  });
}

TEST_F(CoroutineShapes, CombinatorsOfTemporariesInTwoStatements) {
  finish([](loop& owner) -> task<void> {
    auto both = all(
        owner, [&owner, value = counted()] { return measure(owner, options(), value); },
        [&owner, value = counted()]() -> promise<std::size_t> {
          return sleep_for(owner, 1ms).as_promise().then([size = value.text.size()] { return size; });
        });
    const auto [left, right] = co_await both;
    EXPECT_EQ(left + right, 144u);
  });
}

TEST_F(CoroutineShapes, MapInTwoStatements) {
  finish([](loop& owner) -> task<void> {
    std::vector<counted> items(3);
    auto sizes = map(owner, std::move(items), 2, [&owner, extra = counted()](counted item) {
      return measure(owner, options(), std::move(item));
    });
    const auto values = co_await sizes;
    EXPECT_EQ(values.size(), 3u);
  });
}

TEST_F(CoroutineShapes, CombinatorsOfCallablesWithoutDestructorsInOneStatement) {
  finish([](loop& owner) -> task<void> {
    const counted value;
    const auto [left, right] = co_await all(
        owner, [&] { return measure(owner, options(), value); },
        [&] { return measure(owner, options(), value); });
    EXPECT_EQ(left + right, 192u);
    // lint:allow(coroutines) it has a constructor
    const auto first = co_await race(owner, measure(owner, options(), value), measure(owner, {}, counted()));
    EXPECT_EQ(first, 96u);
    std::vector<unique_function<task<std::size_t>()>> many;
    many.emplace_back([&owner, &value] { return measure(owner, options(), value); });
    EXPECT_EQ((co_await all(owner, std::move(many))).size(), 1u);
  });
}

TEST_F(CoroutineShapes, CallbacksWithCaptures) {
  finish([](loop& owner) -> task<void> {
    scope background(owner);
    background.spawn([&owner]() -> task<void> { co_await sleep_for(owner, 1ms); });
    background.join([value = counted()](const error&) { EXPECT_EQ(value.text.size(), 48u); });
    sleep_for(owner, 1ms, [value = counted()](const error&) { EXPECT_EQ(value.text.size(), 48u); });
    co_await background.join();
    co_await sleep_for(owner, 1ms).as_promise();
  });
}

/// An awaiter that is none of ours, does not move, and suspends only where told.
struct pinned {
  pinned(loop& owner, bool suspends) : on(owner), suspended(suspends) {}
  pinned(const pinned&) = delete;
  pinned& operator=(const pinned&) = delete;
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) {
    if (suspended) on.set_timeout(1ms, [handle] { handle.resume(); });
    return suspended;
  }
  std::size_t await_resume() const noexcept { return held.text.size(); }
  loop& on;
  bool suspended;
  counted held;
};
/// Has its operator outside of it.
struct outside {
  explicit outside(loop& owner) : on(owner) {}
  loop& on;
  counted held;
};
pinned operator co_await(const outside& awaited) { return pinned(awaited.on, true); }

TEST_F(CoroutineShapes, AwaitersOfOthers) {
  finish([](loop& owner) -> task<void> {
    EXPECT_EQ(co_await pinned(owner, true), 48u);
    EXPECT_EQ(co_await pinned(owner, false), 48u);
    pinned named(owner, true);
    EXPECT_EQ(co_await named, 48u);
    EXPECT_EQ(co_await outside(owner), 48u);
    co_await std::suspend_never();
    co_await sleep_for(owner, 1ms);
  });
}

TEST_F(CoroutineShapes, UnsafeShapesDoNotCompile) {
  const auto captures = [value = counted()]() -> task<int> { co_return static_cast<int>(value.text.size()); };
  const auto captures_none = []() -> task<int> { co_return 1; };
  test_loop loop;
  using unsafe = decltype(with_timeout(loop, 1s, captures));
  using safe = decltype(with_timeout(loop, 1s, captures_none));
  static_assert(std::is_same_v<safe, task<int>>);
  static_assert(std::is_convertible_v<unsafe, task<int>>);
  static_assert(trireme::detail::has_member_co_await<unsafe&>);
  static_assert(trireme::detail::has_member_co_await<unsafe> == !TRIREME_DESTROYS_TEMPORARIES_TWICE);
  static_assert(trireme::detail::has_member_co_await<safe>);
  using as_promise = decltype(std::declval<unsafe>().as_promise());
  static_assert(trireme::detail::has_member_co_await<as_promise> == !TRIREME_DESTROYS_TEMPORARIES_TWICE);
  static_assert(!std::is_same_v<decltype(all(loop, captures_none, captures)), task<std::tuple<int, int>>>);
  static_assert(
      !std::is_same_v<decltype(map(loop, std::vector<int>(), 1, [captures](int) { return captures(); })),
                      task<std::vector<int>>>);
}

/// Whether `Awaitable` may be awaited in the statement that makes it.
template <class Awaitable>
inline constexpr bool in_one_statement = trireme::detail::has_member_co_await<Awaitable>;

TEST_F(CoroutineShapes, UnsafeShapesDoNotCompileInsideOthers) {
  constexpr bool both = !TRIREME_DESTROYS_TEMPORARIES_TWICE;
  test_loop loop;
  const auto plain = [](auto&&...) { return 1; };
  using made = decltype(with_timeout(loop, 1s, [value = counted()]() -> task<int> { co_return 1; }));
  using promised = decltype(std::declval<made>().as_promise());
  using other = task<int>;
  static_assert(in_one_statement<made> == both);
  static_assert(in_one_statement<decltype(std::declval<promised>().then(plain))> == both);
  static_assert(in_one_statement<decltype(std::declval<promised>().then(plain, plain).then(plain))> == both);
  static_assert(in_one_statement<decltype(std::declval<promised>().or_else(plain))> == both);
  static_assert(in_one_statement<decltype(std::declval<promised>().finally(plain))> == both);
  static_assert(in_one_statement<decltype(with_timeout(loop, 1s, std::declval<promised>()))> == both);
  static_assert(in_one_statement<decltype(all(loop, std::declval<other>(), std::declval<made>()))> == both);
  static_assert(in_one_statement<decltype(all_settled(loop, std::declval<made>()))> == both);
  static_assert(in_one_statement<decltype(race(loop, std::declval<promised>(), std::declval<other>()))> ==
                both);
  static_assert(in_one_statement<decltype(any(loop, std::declval<made>()))> == both);
  static_assert(in_one_statement<decltype(all(loop, std::declval<other>(), std::declval<other>()))>);
  static_assert(in_one_statement<decltype(std::declval<promised&>().then(plain))>);
}

TEST_F(CoroutineShapes, NestedInTwoStatements) {
  finish([](loop& owner) -> task<void> {
    const auto started = [&owner] {
      return with_timeout(owner, 1s,
                          [&owner, value = counted()] { return measure(owner, options(), value); });
    };
    auto both = all(owner, started(), started());
    const auto sizes = co_await both;
    EXPECT_EQ(std::get<0>(sizes), std::get<1>(sizes));
    auto doubled = started().as_promise().then([](std::size_t size) { return 2 * size; });
    const std::size_t twice = co_await doubled;
    EXPECT_EQ(twice, 2 * std::get<0>(sizes));
    auto limited = with_timeout(owner, 1s, started().as_promise());
    const std::size_t size = co_await limited;
    EXPECT_EQ(size, std::get<1>(sizes));
    auto first = race(owner, started(), started());
    const std::size_t raced = co_await first;
    EXPECT_EQ(raced, size);
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
