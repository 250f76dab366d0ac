#pragma once
#include <trireme/core/error.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/unique_function.hpp>
#include <type_traits>
#include <utility>
#include <variant>

namespace trireme {

namespace detail {

template <class T>
struct error_first {
  using type = unique_function<void(const error&, T)>;
};
template <>
struct error_first<void> {
  using type = unique_function<void(const error&)>;
};

}  // namespace detail

/// An error-first callback, as Node's: `done(failure, value)`, or `done(failure)` where there is no value.
/// `failure` tests false on success; the value is default-made where there is an error.
template <class T>
using callback_of = typename detail::error_first<T>::type;

/// Where an asynchronous operation brings its outcome: to a promise, or to an error-first callback. An
/// operation is written once against it and offered in all three styles:
///
///     void stat(loop&, path, callback_of<info>);   // completion(loop, std::move(done))
///     promise<info> stat(loop&, path);             // with_promise<info>(loop, [&](auto done) { ... });
///     co_await stat(loop, path);                   // the promise
///
/// Thread: the loop's. Lifetime: the loop outlives it.
/// The callback may destroy it. Errors: what the callback throws goes to `loop::on_uncaught`. Dropped without
/// an outcome it brings `errc::broken_promise`. Order: the callback is called from within `resolve` and
/// `reject`, under the context it was given in; so those are called from a callback of the loop, never from
/// the call that starts the operation.
template <class T>
class completion {
public:
  using bound_to_a_loop = void;
  using value_type = T;

  explicit completion(resolver<T> settles)
      : owner_(&settles.owner()), target_(std::in_place_index<1>, std::move(settles)) {}
  completion(loop& owner, callback_of<T> done)
      : owner_(&owner), context_(owner.current()), target_(std::in_place_index<2>, std::move(done)) {}
  completion(completion&& other) noexcept
      : owner_(other.owner_),
        context_(std::move(other.context_)),
        target_(std::exchange(other.target_, std::monostate())) {}
  completion& operator=(completion&& other) noexcept {
    std::swap(owner_, other.owner_);
    std::swap(context_, other.context_);
    std::swap(target_, other.target_);
    return *this;
  }
  ~completion() {
    auto* const done = std::get_if<2>(&target_);
    if (!done) return;
    owner_->run_in(std::move(context_), [&] {
      owner_->next_tick([done = std::move(*done)]() mutable { fail(done, errc::broken_promise); });
    });
  }

  /// Whether it still waits for an outcome.
  explicit operator bool() const noexcept { return target_.index() != 0; }
  loop& owner() const noexcept { return *owner_; }

  /// Takes what makes a `T`; nothing where `T` is void.
  template <class... Arguments>
  void resolve(Arguments&&... arguments) {
    auto target = std::exchange(target_, std::monostate());
    if (auto* const settles = std::get_if<1>(&target)) {
      settles->resolve(std::forward<Arguments>(arguments)...);
    } else if (auto* const done = std::get_if<2>(&target)) {
      if constexpr (std::is_void_v<T>) {
        call([&] { (*done)(error()); });
      } else {
        call([&] { (*done)(error(), T(std::forward<Arguments>(arguments)...)); });
      }
    }
  }
  void reject(error reason) {
    auto target = std::exchange(target_, std::monostate());
    if (auto* const settles = std::get_if<1>(&target)) {
      settles->reject(std::move(reason));
    } else if (auto* const done = std::get_if<2>(&target)) {
      call([&] { fail(*done, reason); });
    }
  }

private:
  static void fail(callback_of<T>& done, const error& reason) {
    if constexpr (std::is_void_v<T>) {
      done(reason);
    } else {
      done(reason, T());
    }
  }
  template <class Work>
  void call(Work work) {
    loop& owner = *owner_;  // the callback may destroy this completion
    try {
      owner.run_in(std::move(context_), work);
    } catch (...) {
      owner.uncaught(error::from(std::current_exception()));
    }
  }

  loop* owner_;
  context_ptr context_;
  std::variant<std::monostate, resolver<T>, callback_of<T>> target_;
};

/// The promise of an operation that `start`, called at once, begins with the completion it is given. Not
/// within a `co_await` expression where `start` has captures with destructors, as with `promise::then`.
template <class T, class Start>
promise<T> with_promise(loop& owner, Start&& start) {
  auto [promised, settles] = make_promise<T>(owner);
  std::forward<Start>(start)(completion<T>(std::move(settles)));
  return std::move(promised);
}

}  // namespace trireme
