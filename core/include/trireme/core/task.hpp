#pragma once
#include <concepts>
#include <coroutine>
#include <trireme/core/as_result.hpp>
#include <trireme/core/detail/task_promise.hpp>
#include <trireme/core/promise.hpp>

namespace trireme {

/// A coroutine. It runs at once, up to its first suspension, and resumes as a microtask, in the context that
/// was current when it was called. It belongs to the loop among its parameters, or else to the one this
/// thread runs.
///
///     task<int> twice(loop& owner, promise<int> half) { co_return 2 * co_await std::move(half); }
///
/// `co_await` takes promises, `std::move` of a task, `sleep_for`, and whatever the other modules offer.
/// Parameters are held by value; a lambda with captures must outlive the coroutine it makes. With g++ 12,
/// never write a temporary lambda with captures that have destructors, nor a temporary aggregate, inside a
/// `co_await` expression: it is destroyed twice. Two statements are safe. The combinators and `with_timeout`
/// see the callable, and the unsafe shape does not compile; `then` and its like see it and let it pass (see
/// promise.hpp). Nor does g++ 12 take a braced list of elements, `std::vector<int>{1, 2}`, inside one. And a
/// coroutine without a local of its own crashes with g++ 12 where a `co_await` is the condition of an `if`,
/// `while`, `for` or `switch`: write `const bool more = co_await ready(); if (more) ...`. This project's
/// tools/lint/coroutines.py finds these shapes.
///
/// An awaiter of another library resumes it by its handle: on the loop's thread it goes on at once, within
/// the caller and under the context current there, not as a microtask.
///
/// Thread: the loop's. Lifetime: dropping an unfinished task destroys its frame and whatever it awaits at the
/// end of a callback; only a `scope`, or another task's frame, should. A task that runs must not drop itself,
/// nor be dropped by what it calls; debug builds stop there.
/// Errors: an exception becomes an `error`, thrown where the task is awaited. A failed task that is dropped
/// without having been awaited reports its error to `loop::on_uncaught`.
template <class T>
class [[nodiscard]] task {
public:
  using bound_to_a_loop = void;
  using value_type = T;
  using promise_type = detail::task_promise<T>;

  explicit task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  task(task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  task& operator=(task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~task() {
    if (handle_) promise_type::abandon(handle_);
  }

  /// Whether it has returned or failed.
  bool done() const noexcept { return !settlement().open(); }
  loop& owner() const noexcept { return settlement().owner(); }

  /// A promise that settles in the moment the task does. The task then belongs to the loop and runs on to its
  /// end.
  promise<T> as_promise() &&;

  detail::task_awaiter<T> operator co_await() && { return detail::task_awaiter<T>(std::move(*this)); }

  /// For this framework's own modules: what the task settles.
  detail::settlement<T>& settlement() const noexcept { return handle_.promise(); }
  detail::coroutine_frame& frame() const noexcept { return handle_.promise(); }

private:
  std::coroutine_handle<promise_type> handle_;
};

template <class T>
promise<T> task<T>::as_promise() && {
  auto [settles, resolver] = make_promise<T>(owner());
  detail::nothing kept;
  detail::task_to_promise<T>::start(std::move(*this), std::move(resolver), kept);
  return std::move(settles);
}

namespace detail {

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
  return task<T>(handle());
}
inline task<void> task_promise<void>::get_return_object() noexcept { return task<void>(handle()); }

}  // namespace detail
}  // namespace trireme
