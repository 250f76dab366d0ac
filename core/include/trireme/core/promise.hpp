#pragma once
#include <concepts>
#include <trireme/core/detail/awaiters.hpp>
#include <trireme/core/detail/promise_state.hpp>
#include <trireme/core/error.hpp>
#include <trireme/core/loop.hpp>
#include <type_traits>
#include <utility>

namespace trireme {

/// The settling side of a promise. The first `resolve` or `reject` wins; later ones do nothing, as in
/// JavaScript.
///
/// Thread: the loop's. Lifetime: independent of the promise; the loop outlives both.
/// Errors: destroyed without having settled, it rejects with `errc::broken_promise`.
template <class T>
class resolver {
public:
  using bound_to_a_loop = void;
  using value_type = T;

  resolver() noexcept = default;
  explicit resolver(detail::promise_ref<T> state) noexcept : state_(std::move(state)) {}
  resolver(resolver&&) noexcept = default;
  resolver& operator=(resolver&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~resolver() {
    if (state_) reject(errc::broken_promise);
  }

  /// Whether it can still settle.
  explicit operator bool() const noexcept { return static_cast<bool>(state_); }
  loop& owner() const noexcept { return state_->owner(); }

  /// Takes what makes a `T`; nothing where `T` is void.
  template <class... Arguments>
  requires((std::is_void_v<T> && sizeof...(Arguments) == 0) ||
           (sizeof...(Arguments) > 0 &&
            std::is_constructible_v<T, Arguments...>)) void resolve(Arguments&&... arguments) {
    if (const auto state = std::move(state_)) state->fulfil(std::forward<Arguments>(arguments)...);
  }
  /// Settles as `other` does: two microtasks after it, the earliest being the second from now, as in
  /// JavaScript. Its own promise rejects it with `errc::failed`.
  /// Source: https://tc39.es/ecma262/#sec-promise-resolve-functions
  void resolve(promise<T> other) {
    auto state = std::move(state_);
    if (!state) return;
    if (&other.settlement() == &*state) {
      state->fail(error::with_text(errc::failed, "a promise cannot settle as itself"));
    } else {
      detail::follow(resolver(std::move(state)), std::move(other));
    }
  }
  void reject(error reason) {
    if (const auto state = std::move(state_)) state->fail(std::move(reason));
  }

private:
  detail::promise_ref<T> state_;
};

/// An eager result that settles once, with a value or with an `error`.
///
///     auto [answer, settle] = make_promise<int>(loop);
///     std::move(answer).then([](int value) { return value + 1; }).or_else(report).detach();
///     settle.resolve(41);
///
/// Reactions run as microtasks, under the context that was current when they were attached. On an lvalue,
/// which may be used any number of times, they see `const T&`; on an rvalue they get the value itself. The
/// promise that `then` and the others return settles with what the reaction returns, two microtasks later
/// than with a plain value where that is a promise or a task, as in JavaScript; an exception rejects it. A
/// reaction that is a coroutine is kept, captures included, until the task it returned has ended.
///
/// With g++ 12, never write `co_await p.then([name] { ... })`, nor so with the others, where the captures
/// have destructors: they are destroyed twice (see task.hpp), and unlike with the combinators it compiles,
/// for `then` gives a plain promise, to be moved, assigned and awaited as such. Two statements are safe:
///
///     auto next = std::move(p).then([name] { ... });
///     co_await std::move(next);
///
/// Thread: the loop's. Lifetime: the loop outlives it; dropping it does not cancel what would settle it.
/// Errors: a rejection that has no reaction once ticks and microtasks have drained goes to
/// `loop::on_uncaught`. Order: reactions run in the order attached, each in a microtask of its own, never
/// from within `resolve`. Source: https://tc39.es/ecma262/#sec-promise-objects
template <class T>
class [[nodiscard]] promise {
public:
  using bound_to_a_loop = void;
  using value_type = T;

  explicit promise(detail::promise_ref<T> state) noexcept : state_(std::move(state)) {}
  promise(promise&&) noexcept = default;
  promise& operator=(promise&&) noexcept = default;

  template <class... Arguments>
  static promise resolved(loop& owner, Arguments&&... arguments) {
    promise made(detail::promise_ref<T>::make(owner));
    made.state_->fulfil(std::forward<Arguments>(arguments)...);
    return made;
  }
  static promise rejected(loop& owner, error reason) {
    promise made(detail::promise_ref<T>::make(owner));
    made.state_->fail(std::move(reason));
    return made;
  }

  loop& owner() const noexcept { return state_->owner(); }
  bool settled() const noexcept { return !state_->open(); }

  /// Calls `work` with the value, with nothing where `T` is void. A rejection passes on.
  template <class Work>
  auto then(Work work) const& {
    return detail::react<detail::sees<T>>(state_, std::move(work), detail::pass_failure());
  }
  template <class Work>
  auto then(Work work) && {
    return detail::react<detail::takes<T>>(std::move(state_), std::move(work), detail::pass_failure());
  }
  /// Calls one of the two; both must lead to the same type.
  template <class Work, class Rescue>
  auto then(Work work, Rescue rescue) const& {
    return detail::react<detail::sees<T>>(state_, std::move(work), std::move(rescue));
  }
  template <class Work, class Rescue>
  auto then(Work work, Rescue rescue) && {
    return detail::react<detail::takes<T>>(std::move(state_), std::move(work), std::move(rescue));
  }
  /// Calls `rescue` with the error; what it returns, a `T`, takes the value's place. JavaScript's `catch`. A
  /// value passes on; on an lvalue that copies it.
  template <class Rescue>
  promise or_else(Rescue rescue) const& {
    return then(detail::pass_value<T>(), std::move(rescue));
  }
  template <class Rescue>
  promise or_else(Rescue rescue) && {
    return std::move(*this).then(detail::pass_value<T>(), std::move(rescue));
  }
  /// Calls `work` with nothing either way, waits where it returns a promise or a task, and passes on what
  /// there was, unless `work` fails.
  template <class Work>
  promise finally(Work work) && {
    return detail::finally<detail::takes<T>>(std::move(state_), std::move(work));
  }
  template <class Work>
  promise finally(Work work) const& {
    return detail::finally<detail::sees<T>>(state_, std::move(work));
  }

  /// Says that nobody waits. A rejection still goes to `loop::on_uncaught`.
  void detach() && { state_ = {}; }
  /// For this framework's own modules: the state, taken out, and the outcome.
  detail::promise_ref<T> release() && noexcept { return std::move(state_); }
  detail::settlement<T>& settlement() const noexcept { return *state_; }

  /// Awaiting an lvalue gives `const T&`, which lives as long as the promise; an rvalue gives the value.
  detail::promise_awaiter<T, false> operator co_await() const& {
    return detail::promise_awaiter<T, false>(state_);
  }
  detail::promise_awaiter<T, true> operator co_await() && {
    return detail::promise_awaiter<T, true>(std::move(state_));
  }

private:
  detail::promise_ref<T> state_;
};

/// A promise and what settles it; for `auto [p, r] = make_promise<T>(loop)`.
template <class T>
struct promise_with_resolver {
  explicit promise_with_resolver(loop& owner) : promise_with_resolver(detail::promise_ref<T>::make(owner)) {}
  trireme::promise<T> promise;
  trireme::resolver<T> resolver;

private:
  explicit promise_with_resolver(detail::promise_ref<T> state) : promise(state), resolver(std::move(state)) {}
};

/// JavaScript's `Promise.withResolvers`.
template <class T>
promise_with_resolver<T> make_promise(loop& owner) {
  return promise_with_resolver<T>(owner);
}

}  // namespace trireme

#include <trireme/core/detail/reactions.hpp>
