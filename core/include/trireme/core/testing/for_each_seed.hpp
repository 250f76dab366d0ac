#pragma once
#include <cstdint>
#include <functional>

namespace trireme::testing {

/// Calls `test` with the seeds from 1 to `count`; or, where the environment has a TRIREME_SEED, with that one
/// alone. The first at which the test throws, aborts, or `failed` says so afterwards, is named on stderr, and
/// is the last. With GoogleTest:
///
///     for_each_seed(1'000, [](std::uint64_t seed) { ... }, &::testing::Test::HasFailure);
///
/// Thread: one at a time in a process. Errors: what the test throws goes through; `std::invalid_argument`
/// where TRIREME_SEED is no number.
void for_each_seed(std::uint64_t count, const std::function<void(std::uint64_t)>& test,
                   const std::function<bool()>& failed);

}  // namespace trireme::testing
