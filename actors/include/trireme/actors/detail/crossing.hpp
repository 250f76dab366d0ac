#pragma once
#include <trireme/core/sendable.hpp>
#include <type_traits>

namespace trireme::actors::detail {

/// A function has no state to share, so its address may cross.
template <class T>
inline constexpr bool crosses =
    sendable<T> ||
    (std::is_pointer_v<T> && std::is_function_v<std::remove_pointer_t<T>>) || std::is_void_v<T>;

/// Says in words why a type does not compile here.
template <class T>
constexpr bool assert_crosses() {
  static_assert(
      crosses<T>,
      "trireme: this type may not cross a thread. References, pointers, views and what belongs to a loop "
      "stay where they are: move a value that owns what it holds.");
  return true;
}

template <class... Types>
constexpr bool all_cross() {
  return (assert_crosses<Types>() && ...);
}

}  // namespace trireme::actors::detail
