#include <trireme/core/detail/spinner.hpp>

#include <thread>

namespace trireme::detail {

namespace {

/// Whoever has the only CPU looks in vain: nobody else can make work meanwhile.
bool alone() noexcept { return std::thread::hardware_concurrency() == 1; }

}  // namespace

spinner::spinner(polling how) noexcept : how_(alone() ? polling::off() : how) {}

}  // namespace trireme::detail
