// Steady state allocates nothing: counts every call of the global operator new.
#include <gtest/gtest.h>

#include <trireme/core/loop.hpp>
#include <trireme/core/testing/test_loop.hpp>

#include "support/counting_new.hpp"

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::allocations;
using trireme::testing::test_loop;

constexpr int rounds = 100000;

/// A chain of `left` callbacks, each arming the next; as large as a callback may be without being allocated.
template <class Arm>
struct chain {
  void operator()() const {
    if (--*left > 0) arm(*owner, *this);
  }
  loop* owner;
  int* left;
  Arm arm;
  void* more[2]{};
};

template <class Arm>
std::size_t allocations_of(test_loop& loop, int count, Arm arm) {
  const std::size_t before = allocations;
  int left = count;
  arm(loop, chain<Arm>{&loop, &left, arm});
  loop.run();
  EXPECT_EQ(left, 0);
  return allocations - before;
}

template <class Arm>
void expect_none_in_steady_state(Arm arm) {
  test_loop loop;
  allocations_of(loop, 2000, arm);
  EXPECT_EQ(allocations_of(loop, rounds, arm), 0u);
}

TEST(Allocation, NoneForTicks) {
  expect_none_in_steady_state([](loop& on, const auto& work) { on.next_tick(work); });
}
TEST(Allocation, NoneForMicrotasks) {
  expect_none_in_steady_state([](loop& on, const auto& work) { on.queue_microtask(work); });
}
TEST(Allocation, NoneForImmediates) {
  expect_none_in_steady_state([](loop& on, const auto& work) { on.set_immediate(work); });
}
TEST(Allocation, NoneForTimers) {
  expect_none_in_steady_state([](loop& on, const auto& work) { on.set_timeout(1ms, work); });
}
TEST(Allocation, NoneForPendingAndClose) {
  expect_none_in_steady_state([](loop& on, const auto& work) { on.defer_pending(work); });
  expect_none_in_steady_state([](loop& on, const auto& work) { on.defer_close(work); });
}

TEST(Allocation, NoneForTimersThatAreClearedOrRefreshed) {
  test_loop loop;
  auto idle = loop.set_timeout(30s, [] {});
  const auto work = [&] {
    for (int round = 0; round < rounds; ++round) {
      auto brief = loop.set_timeout(std::chrono::milliseconds(round % 50), [] {});
      idle.refresh();
      brief.clear();
    }
  };
  work();
  const std::size_t before = allocations;
  work();
  EXPECT_EQ(allocations - before, 0u);
}

TEST(Allocation, NoneForBurstsOfTheSameSize) {
  test_loop loop;
  int ran = 0;
  const auto burst = [&] {
    for (int each = 0; each < 200; ++each) {
      loop.next_tick([&ran] { ++ran; });
      loop.queue_microtask([&ran] { ++ran; });
      loop.set_immediate([&ran] { ++ran; });
      loop.set_timeout(1ms, [&ran] { ++ran; });
    }
    loop.run();
  };
  for (int warm = 0; warm < 10; ++warm) burst();
  const std::size_t before = allocations;
  for (int round = 0; round < 100; ++round) burst();
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_EQ(ran, 110 * 800);
}

}  // namespace
