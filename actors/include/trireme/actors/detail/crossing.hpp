#pragma once
#include <trireme/core/sendable.hpp>

namespace trireme::actors::detail {

/// Does not compile where one of the types may not cross a thread, and says why.
template <class... Types>
consteval bool all_cross() {
  return trireme::detail::assert_sendable<Types...>();
}

}  // namespace trireme::actors::detail
