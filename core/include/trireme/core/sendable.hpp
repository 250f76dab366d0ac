#pragma once
#include <trireme/core/detail/crossing.hpp>
#include <trireme/core/enable_sendable.hpp>
#include <type_traits>

namespace trireme {

/// What may cross a thread: a value that owns what it holds, moved and never shared, or that shares what
/// never changes. Pointers (but to functions), references, views and iterators, `shared_ptr` to what is
/// neither const nor a `std::atomic`, `weak_ptr`, coroutine handles, and what declares `using bound_to_a_loop
/// = void;` do not compile.
///
/// The compiler looks through arrays, `optional`, `pair`, `tuple`, `variant`, `unique_ptr`,
/// `shared_ptr<const T>`, `result`, containers, and aggregates without bases and of at most 16 members. It
/// cannot look into a class with private members, a union, a closure, or a class that is not complete where
/// it is first asked about: of those only that mark and `enable_sendable` speak, and what hides in there is
/// your promise. An aggregate with an anonymous union does not compile without an `enable_sendable`.
template <class T>
concept sendable = std::is_object_v<T> && std::is_move_constructible_v<T> &&
                   detail::crossing::finding_in<T>::kind == detail::crossing::hindrance::none;

namespace detail {

template <class T>
concept movable_or_kept = std::is_move_constructible_v<T> || std::is_void_v<T> ||
                          crossing::finding_in<T>::kind != crossing::hindrance::none;

/// Says in words why a type may not cross; the compiler's notes name it, and the type inside it that is at
/// fault. `void` passes: there is nothing to send.
template <class... T>
consteval bool assert_sendable() {
  (crossing::tell<crossing::finding_in<T>>(), ...);
  static_assert((movable_or_kept<T> && ...),
                "trireme: what cannot be moved may not cross a thread. Move a unique_ptr to it.");
  return true;
}

}  // namespace detail
}  // namespace trireme
