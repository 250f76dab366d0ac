// Promises, tasks and what is built of them allocate nothing in steady state: counts every call of the global
// operator new. Under AddressSanitizer the recycler is off, so nothing is counted there.
#include <gtest/gtest.h>

#include <trireme/core/all.hpp>
#include <trireme/core/any.hpp>
#include <trireme/core/race.hpp>
#include <trireme/core/scope.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/core/timeout.hpp>

#include "support/counting_new.hpp"

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::allocations;
using trireme::testing::test_loop;

bool recycler_is_on() {
  detail::recycled_free(detail::recycled_allocate(64), 64);
  const std::size_t before = allocations;
  detail::recycled_free(detail::recycled_allocate(64), 64);
  return allocations == before;
}

/// Awaits what `operation` gives, a thousand times to warm up and as often to be counted.
template <class Operation>
task<void> repeat(loop&, Operation operation, int times) {
  for (int round = 0; round < times; ++round) {
    auto awaited = operation();
    co_await std::move(awaited);
  }
}

template <class Operation>
void expect_none(test_loop& loop, Operation operation) {
  if (!recycler_is_on()) GTEST_SKIP() << "no recycler in this build";
  {
    const auto warm = repeat(loop, operation, 1000);
    loop.run();
  }
  const std::size_t before = allocations;
  {
    const auto counted = repeat(loop, operation, 1000);
    loop.run();
    EXPECT_TRUE(counted.done());
  }
  EXPECT_EQ(allocations - before, 0u);
}

task<int> ready(loop&) { co_return 1; }
task<int> suspends(loop& owner) {
  co_await promise<void>::resolved(owner);
  co_return 1;
}

TEST(PromiseAllocation, NoneForAnAwaitedPromise) {
  test_loop loop;
  expect_none(loop, [&] { return promise<int>::resolved(loop, 1); });
}
TEST(PromiseAllocation, NoneForAnAwaitedTask) {
  test_loop loop;
  expect_none(loop, [&] { return ready(loop); });
  expect_none(loop, [&] { return suspends(loop); });
  expect_none(loop, [&] { return suspends(loop).as_promise(); });
}
TEST(PromiseAllocation, NoneForAChain) {
  test_loop loop;
  expect_none(loop, [&] {
    return promise<int>::resolved(loop, 1)
        .then([](int value) { return value + 1; })
        .then([&](int) { return ready(loop); })
        .then([](int value) { return value + 1; });
  });
}
TEST(PromiseAllocation, NoneForASleepInAnyStyle) {
  test_loop loop;
  expect_none(loop, [&] { return sleep_for(loop, 1ms); });
  expect_none(loop, [&] { return sleep_for(loop, 1ms).as_promise(); });
  expect_none(loop, [&] {
    sleep_for(loop, 1ms, [](const error&) {});
    return sleep_for(loop, 1ms);
  });
}
TEST(PromiseAllocation, NoneForATimeout) {
  test_loop loop;
  expect_none(loop, [&] { return with_timeout(loop, 1s, [&] { return suspends(loop); }); });
  expect_none(loop, [&] { return with_timeout(loop, 1s, suspends(loop).as_promise()); });
}
TEST(PromiseAllocation, NoneForCombinatorsOfAFew) {
  test_loop loop;
  const auto work = [&] { return suspends(loop); };
  expect_none(loop, [&] { return all(loop, suspends(loop), promise<int>::resolved(loop, 1)); });
  expect_none(loop, [&] { return all(loop, work, work); });
  expect_none(loop, [&] { return race(loop, work, work); });
  expect_none(loop, [&] { return any(loop, work, work); });
}
TEST(PromiseAllocation, NoneForAJoin) {
  test_loop loop;
  scope background(loop);
  expect_none(loop, [&] { return background.join(); });
}

}  // namespace
