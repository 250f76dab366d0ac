// A job costs no allocation once its pool has warmed up: counts every call of the global operator new.
#include <gtest/gtest.h>

#include <memory>
#include <trireme/actors/manual_host.hpp>
#include <trireme/actors/pool.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/test_loop.hpp>

#include "support/counting_new.hpp"

namespace trireme::actors {
namespace {

using trireme::testing::allocations;

using trireme::testing::allocations_of_all;
using trireme::testing::test_loop;

constexpr int outstanding = 64;
constexpr int rounds = 20'000;

/// Not under AddressSanitizer, which would not see what is used after it was freed.
bool recycler_is_on() {
  trireme::detail::recycled_free(trireme::detail::recycled_allocate(64), 64);
  const std::size_t before = allocations;
  trireme::detail::recycled_free(trireme::detail::recycled_allocate(64), 64);
  return allocations == before;
}

int twice(int value) { return 2 * value; }

/// Keeps `outstanding` jobs under way until `jobs` have been submitted; `submit(then)` gives one to the pool.
template <class Submit, class Run>
void do_jobs(int jobs, const Submit& submit, Run run) {
  struct next_job {
    void operator()() const {
      if (--*left >= 0) (*give)(*this);
    }
    int* left;
    const Submit* give;
  };
  int left = jobs;
  for (int each = 0; each < outstanding; ++each) next_job{&left, &submit}();
  run();
  EXPECT_LT(left, 0);
}

auto with_callback(pool& workers) {
  return [&workers](const auto& then) { workers.run_then([then](const error&, int) { then(); }, twice, 21); };
}
auto with_promise(pool& workers) {
  return [&workers](const auto& then) { workers.run(twice, 21).then([then](int) { then(); }).detach(); };
}
auto with_options(pool& workers) {
  return [&workers, how = job_options().urgent().key(7).named("twice")](const auto& then) {
    workers.with(how).run_then([then](const error&, int) { then(); }, twice, 21);
  };
}

/// All of it on one thread: exact.
class PoolAllocation : public ::testing::Test {
protected:
  static pool_options by_hand(manual_host& host) {
    pool_options options;
    options.workers = 2;
    options.host = &host;
    return options;
  }
  template <class Submit>
  void expect_none_in_steady_state(const Submit& submit) {
    if (!recycler_is_on()) GTEST_SKIP() << "no recycler in this build";
    const auto run = [this] { host.run(owner); };
    do_jobs(rounds, submit, run);
    const std::size_t before = allocations;
    do_jobs(rounds, submit, run);
    EXPECT_EQ(allocations - before, 0u);
  }

  test_loop owner;
  manual_host host;
  pool workers{owner, by_hand(host)};
};

TEST_F(PoolAllocation, NoneForAJobWithACallback) { expect_none_in_steady_state(with_callback(workers)); }
TEST_F(PoolAllocation, NoneForAJobWithAPromise) { expect_none_in_steady_state(with_promise(workers)); }
TEST_F(PoolAllocation, NoneForAJobOfOtherOptions) { expect_none_in_steady_state(with_options(workers)); }

/// With threads: what a job, its record, its result and its promise are made of comes back to where it was
/// made.
class PoolAllocationOnThreads : public ::testing::Test {
protected:
  static pool_options two() {
    pool_options options;
    options.workers = 2;
    return options;
  }
  template <class Submit>
  void expect_few_in_steady_state(const Submit& submit) {
    if (!recycler_is_on()) GTEST_SKIP() << "no recycler in this build";
    constexpr std::size_t few = rounds / 100;  // queues grow once more, by blocks of many jobs
    const auto run = [this] { EXPECT_EQ(owner.run(), 0); };
    for (int warm = 0; warm < 3; ++warm) do_jobs(rounds, submit, run);
    const std::size_t before = allocations;
    do_jobs(rounds, submit, run);
    EXPECT_LE(allocations - before, few);
  }

  loop owner;
  pool workers{owner, two()};
};

TEST_F(PoolAllocationOnThreads, NoneByTheLoop) {
  expect_few_in_steady_state(with_callback(workers));
  expect_few_in_steady_state(with_promise(workers));
}

// The counting itself.
TEST_F(PoolAllocationOnThreads, TheTestSeesWhatAWorkerAllocates) {
  const auto submit = [this](const auto& then) {
    workers.run_then([then](const error&, std::unique_ptr<int>) { then(); },
                     [] { return std::make_unique<int>(1); });
  };
  const std::size_t before = allocations_of_all;
  do_jobs(rounds, submit, [this] { owner.run(); });
  EXPECT_GE(allocations_of_all - before, static_cast<std::size_t>(rounds));
}

}  // namespace
}  // namespace trireme::actors
