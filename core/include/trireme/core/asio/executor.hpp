#pragma once
// First: Asio's configuration depends on what the standard library has defined by then.
#include <trireme/core/loop.hpp>

#include <asio/io_context.hpp>
#include <type_traits>

namespace trireme {

/// The executor of a loop, for everything in Asio that takes one: I/O objects, `asio::post`, `strand`,
/// `co_spawn`, `any_io_executor`. It is that of `loop.context()`, so that objects built on either are alike.
///
/// Thread: copies and submissions from any thread; a submission wakes the loop. Lifetime: the loop outlives
/// it. Order: each function is a callback of the poll phase, in the order submitted, with ticks and
/// microtasks behind it; `dispatch` from within a handler of Asio's calls at once, as the handler's part.
/// Functions and handlers start at the root context unless `bind_context` wraps them. A copy that tracks
/// outstanding work, as in `asio::make_work_guard`, keeps the loop alive.
using executor = asio::io_context::executor_type;

/// Any thread.
inline executor executor_of(loop& owner) noexcept { return owner.context().get_executor(); }

namespace detail {

template <class Given, class Self, class Inner>
concept executor_other_than = !std::is_same_v<Given, Self> && std::is_convertible_v<const Given&, Inner>;

}  // namespace detail

/// An executor by which I/O objects learn what to do where a call names no completion token; see
/// `use_task_t::as_default_on_t`.
///
/// Thread, lifetime: those of `Inner`.
template <class Token, class Inner>
class executor_with_default_token : public Inner {
public:
  using default_completion_token_type = Token;

  template <detail::executor_other_than<executor_with_default_token, Inner> Other>
  executor_with_default_token(const Other& other) noexcept : Inner(other) {}
};

namespace detail {

/// The members by which Asio's tokens become the default of an object.
template <class Token>
struct can_be_default {
  template <class Inner>
  using executor_with_default = executor_with_default_token<Token, Inner>;
  /// The type of `Object` with this token as its default.
  template <class Object>
  using as_default_on_t =
      typename Object::template rebind_executor<executor_with_default<typename Object::executor_type>>::other;
  /// `object` itself, so changed.
  template <class Object>
  static auto as_default_on(Object&& object) {
    return as_default_on_t<std::decay_t<Object>>(std::forward<Object>(object));
  }
};

}  // namespace detail
}  // namespace trireme
