#pragma once
#include <coroutine>
#include <trireme/core/detail/coroutine_frame.hpp>
#include <trireme/core/detail/two_statements.hpp>
#include <type_traits>
#include <utility>

namespace trireme::detail {

/// What a task really awaits: the awaiter, or a reference to one, and the frame is told that it suspends and
/// that it goes on: as a rule by a microtask, with an awaiter of another library by `handle.resume()`.
/// Only ever a prvalue, for g++ 12 moves what a reference is returned to.
template <class Awaiter>
class placed_awaiter {
public:
  template <class Make>
  explicit placed_awaiter(Make make) : inner_(make()) {}

  bool await_ready() { return inner_.await_ready(); }
  template <class Promise>
  auto await_suspend(std::coroutine_handle<Promise> handle) {
    frame_ = &frame_of(handle);
    frame_->leave();
    try {
      return inner_.await_suspend(handle);
    } catch (...) {
      frame_->go_on();
      throw;
    }
  }
  decltype(auto) await_resume() {
    if (frame_) frame_->go_on();
    return inner_.await_resume();
  }

private:
  Awaiter inner_;
  coroutine_frame* frame_ = nullptr;  // null: it was ready
};

template <class Awaitable>
concept has_member_co_await = requires(Awaitable&& awaited) {
  static_cast<Awaitable&&>(awaited).operator co_await();
};
template <class Awaitable>
concept has_free_co_await = requires(Awaitable&& awaited) {
  operator co_await(static_cast<Awaitable&&>(awaited));
};
template <class Awaitable>
inline constexpr bool needs_two_statements = !is_bare<std::remove_cvref_t<Awaitable>>;

template <class Awaitable>
auto place_awaiter(Awaitable&& awaited) {
  const auto take = [&awaited]() -> Awaitable&& { return static_cast<Awaitable&&>(awaited); };
  if constexpr (has_member_co_await<Awaitable>) {
    const auto make = [&take] { return take().operator co_await(); };
    return placed_awaiter<decltype(make())>(make);
  } else if constexpr (has_free_co_await<Awaitable>) {
    const auto make = [&take] { return operator co_await(take()); };
    return placed_awaiter<decltype(make())>(make);
  } else {
    static_assert(
        !needs_two_statements<Awaitable>,
        "a callable whose captures have destructors was handed in, which this g++ would destroy twice: "
        "give the result a name, and `co_await name` in the next statement");
    return placed_awaiter<Awaitable&&>(take);
  }
}

}  // namespace trireme::detail
