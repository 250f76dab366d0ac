#pragma once

namespace trireme::detail {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace trireme::detail

/// Stops the program where an invariant of ours, or a thread rule, is broken: a bug, never bad input.
/// Release builds check it too: each use costs one predictable branch.
#define TRIREME_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::trireme::detail::assertion_failed(#expression, __FILE__, __LINE__))

/// The same, in debug builds only: for checks on hot paths.
#ifdef NDEBUG
#define TRIREME_DEBUG_ASSERT(expression) static_cast<void>(0)
#else
#define TRIREME_DEBUG_ASSERT(expression) TRIREME_ASSERT(expression)
#endif
