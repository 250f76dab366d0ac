#pragma once
#include <atomic>
#include <concepts>
#include <coroutine>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <trireme/core/detail/members_of.hpp>
#include <trireme/core/enable_sendable.hpp>
#include <trireme/core/fwd.hpp>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace trireme::detail::crossing {

using aggregates::type_list;

/// Why something must stay on its thread.
enum class hindrance { none, pointer, reference, view, loop, shared, coroutine, forbidden };

/// What was found, and in which of the types inside.
template <hindrance Kind, class Type>
struct finding {
  static constexpr hindrance kind = Kind;
  using type = Type;
};

template <class T>
concept bound_to_a_loop = requires {
  typename T::bound_to_a_loop;
};

/// A class that is complete.
template <class T>
concept known_class = std::is_class_v<T> && requires {
  sizeof(T);
};

template <class T>
concept answered = std::same_as<decltype(enable_sendable<T>), const bool>;

/// A function has no state to share, so its address may cross.
template <class T>
concept points = std::is_pointer_v<T> && !std::is_function_v<std::remove_pointer_t<T>>;

/// `<span>` and `<string_view>` declare `enable_view`: they answer it.
template <class T>
concept looks_elsewhere = std::input_or_output_iterator<T> || std::ranges::enable_view<T>;

template <class T>
concept container = requires {
  typename T::value_type;
  requires requires(T & held) { held.begin(); } || requires {
    typename T::container_type;
  };
};

/// What is known of the standard's templates: what they are, or what they own.
template <class T>
struct known {
  static constexpr hindrance kind = hindrance::none;
};
template <hindrance Kind>
struct known_as {
  static constexpr hindrance kind = Kind;
};
template <class... T>
struct known_to_own : known_as<hindrance::none> {
  using owned = type_list<T...>;
};

template <class T>
struct known<std::reference_wrapper<T>> : known_as<hindrance::reference> {};
template <class T>
struct known<std::initializer_list<T>> : known_as<hindrance::view> {};
template <class T>
struct known<std::coroutine_handle<T>> : known_as<hindrance::coroutine> {};
template <class T>
struct known<std::shared_ptr<T>> : known_as<hindrance::shared> {};
template <class T>
struct known<std::shared_ptr<const T>> : known_to_own<T> {};
template <class T>
struct known<std::shared_ptr<std::atomic<T>>> : known_as<hindrance::none> {};  // made to be shared
template <class T>
struct known<std::weak_ptr<T>> : known_as<hindrance::shared> {};
template <class T, class Deleter>
struct known<std::unique_ptr<T, Deleter>> : known_to_own<T, Deleter> {};
template <class T>
struct known<std::optional<T>> : known_to_own<T> {};
template <class... T>
struct known<std::variant<T...>> : known_to_own<T...> {};
template <class... T>
struct known<std::tuple<T...>> : known_to_own<T...> {};
template <class T, class U>
struct known<std::pair<T, U>> : known_to_own<T, U> {};
template <class T>
struct known<result<T>> : known_to_own<T> {};

/// What a class owns, as far as it can be seen. Not into private members, nor into closures.
template <class T>
consteval auto owned_by() {
  if constexpr (requires { typename known<T>::owned; }) {
    return typename known<T>::owned();
  } else if constexpr (container<T>) {
    return type_list<typename T::value_type>();
  } else if constexpr (std::is_aggregate_v<T> && !std::is_union_v<T>) {
    return aggregates::members_of<T>();
  } else {
    return type_list<>();
  }
}

/// What a type is, whatever it owns. Its author's word comes first.
template <class T>
consteval hindrance itself() {
  if constexpr (answered<T>) {
    return enable_sendable<T> ? hindrance::none : hindrance::forbidden;
  } else if constexpr (points<T>) {
    return hindrance::pointer;
  } else if constexpr (std::is_reference_v<T>) {
    return hindrance::reference;
  } else if constexpr (!known_class<T> || known<T>::kind != hindrance::none) {
    return known<T>::kind;
  } else if constexpr (bound_to_a_loop<T>) {
    return hindrance::loop;
  } else {
    return looks_elsewhere<T> ? hindrance::view : hindrance::none;
  }
}

template <class T, class... Around>
consteval auto look();

template <class... Around>
consteval auto look_at_each(type_list<>) {
  return finding<hindrance::none, void>();
}
template <class... Around, class First, class... Rest>
consteval auto look_at_each(type_list<First, Rest...>) {
  constexpr auto found = look<std::remove_cv_t<std::remove_all_extents_t<First>>, Around...>();
  if constexpr (found.kind != hindrance::none) {
    return found;
  } else {
    return look_at_each<Around...>(type_list<Rest...>());
  }
}

/// The first hindrance in `T`, which lies in `Around`: a type that holds itself is looked at once.
template <class T, class... Around>
consteval auto look() {
  if constexpr ((std::is_same_v<T, Around> || ...)) {
    return finding<hindrance::none, void>();
  } else if constexpr (itself<T>() != hindrance::none) {
    return finding<itself<T>(), T>();
  } else if constexpr (known_class<T> && !answered<T>) {
    return look_at_each<T, Around...>(owned_by<T>());
  } else {
    return finding<hindrance::none, void>();
  }
}

template <class T>
using finding_in = decltype(look<std::remove_cv_t<std::remove_all_extents_t<T>>>());

/// Names the type in the compiler's notes.
template <class Finding>
consteval void tell() {
  using enum hindrance;
  static_assert(
      Finding::kind != pointer,
      "trireme: a pointer may not cross a thread: nobody knows who owns what it points to, or until "
      "when. Move the value, or a unique_ptr to it.");
  static_assert(
      Finding::kind != reference,
      "trireme: a reference may not cross a thread: what it refers to stays behind. Move the value.");
  static_assert(Finding::kind != view,
                "trireme: a view or iterator may not cross a thread: what it looks at stays behind. Move the "
                "container, or a slice of shared_bytes.");
  static_assert(Finding::kind != loop,
                "trireme: what belongs to a loop may not cross a thread. Send values, and post what is to be "
                "done with it to its loop.");
  static_assert(Finding::kind != shared,
                "trireme: what is shared and may change may not cross a thread. Share what is const "
                "(shared_ptr<const T>), or move a unique_ptr.");
  static_assert(Finding::kind != coroutine,
                "trireme: a coroutine_handle may not cross a thread: a coroutine goes on where it began.");
  static_assert(Finding::kind != forbidden,
                "trireme: this type may not cross a thread: its enable_sendable says so.");
}

}  // namespace trireme::detail::crossing
