#pragma once
#include <trireme/core/asio/executor.hpp>

#include <asio/async_result.hpp>
#include <exception>
#include <trireme/core/detail/asio_operation.hpp>
#include <trireme/core/promise.hpp>
#include <type_traits>
#include <utility>

namespace trireme {

/// A completion token: the initiating function returns a promise.
///
///     promise<std::size_t> got = socket.async_read_some(buffer, use_promise);
///
/// The signature says of what: `void(error_code)` a `promise<void>`, `void(error_code, T)` a `promise<T>`,
/// with more values a tuple; `std::exception_ptr` does as `error_code` does. The promise belongs to the loop
/// of this thread, or to `use_promise(loop)`; the object may be built on anything of Asio's.
///
/// Thread: the loop's. Lifetime: the object that the operation is of stays until that has ended, or is closed
/// and stays until then. Errors: it rejects with Asio's `error_code` as it is, which a `std::system_error`
/// keeps too; what the initiation throws rejects likewise. A stop of the context current at the start cancels
/// the operation, which then rejects with the reason of the stop; one that offers no cancellation (a
/// resolver's) rejects at once and goes on alone. Dropping the promise cancels nothing. A handler that Asio
/// destroys uncalled rejects with `errc::broken_promise`. Order: reactions are microtasks behind the handler,
/// which is a callback of the poll phase.
struct use_promise_t : detail::can_be_default<use_promise_t> {
  constexpr use_promise_t() noexcept = default;
  /// The same, for a given loop.
  constexpr use_promise_t operator()(loop& owner) const noexcept { return use_promise_t(owner); }
  /// The loop that the promise will belong to.
  loop& owner() const noexcept { return owner_ ? *owner_ : detail::running_loop(); }

private:
  constexpr explicit use_promise_t(loop& owner) noexcept : owner_(&owner) {}
  loop* owner_ = nullptr;
};
inline constexpr use_promise_t use_promise;

namespace detail {

template <class T>
struct promise_target {
  explicit promise_target(resolver<T> settled) noexcept : settles(std::move(settled)) {}
  void settle(result<T> outcome) {
    if (!outcome) {
      settles.reject(outcome.error());
    } else if constexpr (std::is_void_v<T>) {
      settles.resolve();
    } else {
      settles.resolve(*std::move(outcome));
    }
  }
  void abandoned() noexcept {}  // the resolver rejects as it goes

  resolver<T> settles;
};

}  // namespace detail
}  // namespace trireme

template <class Returned, class... Arguments>
class asio::async_result<trireme::use_promise_t, Returned(Arguments...)> {
  using value_type = typename trireme::detail::asio_outcome<std::decay_t<Arguments>...>::type;
  using operation = trireme::detail::asio_operation<value_type, trireme::detail::promise_target<value_type>>;
  using handler = trireme::detail::asio_handler<operation, std::decay_t<Arguments>...>;

public:
  using return_type = trireme::promise<value_type>;

  template <class Initiation, class... Given>
  static return_type initiate(Initiation&& initiation, trireme::use_promise_t token, Given&&... given) {
    trireme::loop& owner = token.owner();
    owner.assert_current();
    const trireme::context_ptr& context = owner.current();
    if (context && context->stop_requested()) return return_type::rejected(owner, context->stop_reason());
    auto made = trireme::make_promise<value_type>(owner);
    const trireme::detail::asio_operation_ref<operation> started(
        new operation(owner, std::move(made.resolver)));
    try {
      std::forward<Initiation>(initiation)(handler(*started), std::forward<Given>(given)...);
      started->watch(context);
    } catch (...) {
      started->target.settle(trireme::error::from(std::current_exception()));
    }
    return std::move(made.promise);
  }
};
