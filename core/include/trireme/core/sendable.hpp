#pragma once
#include <functional>
#include <span>
#include <string_view>
#include <type_traits>

namespace trireme {

namespace detail {

template <class T>
struct refers_elsewhere : std::bool_constant<std::is_pointer_v<T> || std::is_reference_v<T>> {};
template <class Char, class Traits>
struct refers_elsewhere<std::basic_string_view<Char, Traits>> : std::true_type {};
template <class T, std::size_t Extent>
struct refers_elsewhere<std::span<T, Extent>> : std::true_type {};
template <class T>
struct refers_elsewhere<std::reference_wrapper<T>> : std::true_type {};

template <class T>
concept bound_to_a_loop = requires {
  typename T::bound_to_a_loop;
};

}  // namespace detail

/// What may cross a thread: a value that owns what it holds, moved and never shared. References, pointers,
/// views and types that declare `using bound_to_a_loop = void;` do not compile. The compiler cannot see into
/// a class or a closure: a struct that holds a pointer passes, and answers for it.
template <class T>
concept sendable =
    std::is_move_constructible_v<T> && std::is_object_v<T> && !detail::refers_elsewhere<T>::value &&
    !detail::bound_to_a_loop<T>;

}  // namespace trireme
