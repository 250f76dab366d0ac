#pragma once

namespace trireme {

namespace detail {
struct look_inside {};
}  // namespace detail

/// What a type's author says of whether it may cross a thread, before the compiler looks: specialise it as a
/// `bool` for a type that is safe though it does not look so, or for one that must stay though it looks safe.
///
///   template <>
///   inline constexpr bool trireme::enable_sendable<my_atomic_index> = true;
template <class T>
inline constexpr auto enable_sendable = detail::look_inside();

}  // namespace trireme
