#pragma once
#include <trireme/core/assert.hpp>
#include <trireme/core/unique_function.hpp>
#include <type_traits>

namespace trireme::detail {

/// Stops the program where nothing is handed in to be called: at the call that did it, not in a later turn.
/// Costs nothing for a type that is never empty, as a lambda's.
template <class Work>
void assert_callable([[maybe_unused]] const Work& work) {
  if constexpr (std::is_same_v<Work, unique_function<void()>>) TRIREME_ASSERT(work);
}

}  // namespace trireme::detail
