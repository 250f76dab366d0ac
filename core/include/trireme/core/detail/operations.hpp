#pragma once
#include <trireme/core/fwd.hpp>
#include <type_traits>
#include <utility>
#include <variant>

namespace trireme::detail {

template <class Awaitable>
class in_two_statements;

/// What a promise or a task brings; any other type stands for itself.
template <class T>
struct unwrap {
  using type = T;
};
template <class T>
struct unwrap<promise<T>> {
  using type = T;
};
template <class T>
struct unwrap<task<T>> {
  using type = T;
};
template <class Awaitable>
struct unwrap<in_two_statements<Awaitable>> : unwrap<Awaitable> {};

/// The promise or task itself, without the guard around it.
template <class T>
struct bare {
  using type = T;
};
template <class Awaitable>
struct bare<in_two_statements<Awaitable>> {
  using type = Awaitable;
};

template <class T>
inline constexpr bool is_bare = std::is_same_v<T, typename bare<T>::type>;

/// A promise or a task: what runs already.
template <class T>
concept running = !std::is_same_v<T, typename unwrap<T>::type>;

/// A callable that, called with `Arguments`, starts work: it returns a promise or a task.
template <class Work, class... Arguments>
concept starts = std::is_invocable_v<Work&, Arguments...> &&
    running<std::remove_cvref_t<std::invoke_result_t<Work&, Arguments...>>>;

/// What it returns, and what that brings.
template <class Work, class... Arguments>
using started_by = typename bare<std::remove_cvref_t<std::invoke_result_t<Work&, Arguments...>>>::type;
template <class Work, class... Arguments>
using outcome_of = typename unwrap<started_by<Work, Arguments...>>::type;

/// A value for what brings none, where there has to be one.
template <class T>
using value_of = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class First, class... Rest>
struct same_as_first {
  using type = First;
  static constexpr bool value = (std::is_same_v<First, Rest> && ...);
};
/// The one type that all of them are.
template <class... T>
using common_outcome = typename same_as_first<T...>::type;

}  // namespace trireme::detail
