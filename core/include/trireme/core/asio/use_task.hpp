#pragma once
#include <trireme/core/asio/executor.hpp>

#include <asio/async_result.hpp>
#include <coroutine>
#include <optional>
#include <trireme/core/as_result.hpp>
#include <trireme/core/assert.hpp>
#include <trireme/core/detail/asio_operation.hpp>
#include <trireme/core/detail/awaiters.hpp>
#include <trireme/core/task.hpp>
#include <type_traits>
#include <utility>

namespace trireme {

/// A completion token: a task awaits what the initiating function returns.
///
///     const std::size_t size = co_await socket.async_read_some(buffer, use_task);
///     const result<std::size_t> read = co_await as_result(socket.async_read_some(buffer, use_task));
///
/// The signature says what comes: `void(error_code)` nothing, `void(error_code, T)` a `T`, with more values a
/// tuple; `std::exception_ptr` does as `error_code` does. Costs no allocation in the steady state beyond what
/// the operation itself makes. The object may be built on anything of Asio's; the task goes on on its own
/// loop, which must be the one that this thread runs.
///
/// Thread: the loop's. Lifetime: the operation starts with the call and is awaited once. It is cancelled
/// where what was returned, or the frame that awaits it, is dropped. The object it is of goes after that, or
/// is closed and goes after the operation's end, for Asio looks into it to cancel; what an operation without
/// cancellation uses outlives it. Errors: `co_await` throws Asio's `error_code` as an `error`, and of a
/// `std::exception_ptr` the original, a `std::system_error` too; `as_result` gives an `error` with its code.
/// A stop of the context current at the call cancels the operation, which then fails with the reason of the
/// stop, unless it has ended otherwise by then; one that offers no cancellation (a resolver's) fails at once
/// and goes on alone. A handler that Asio destroys uncalled gives `errc::broken_promise`. Order: the task
/// resumes in a microtask behind the handler, which is a callback of the poll phase.
struct use_task_t : detail::can_be_default<use_task_t> {
  constexpr use_task_t() noexcept = default;
};
inline constexpr use_task_t use_task;

namespace detail {

template <class T>
struct frame_target {
  void settle(result<T> ended) {
    outcome.emplace(std::move(ended));
    if (frame) frame->wake_soon();
  }
  void abandoned() { settle(error(errc::broken_promise)); }
  void wakes(coroutine_frame& waiting) {
    frame = &waiting;
    if (outcome) frame->wake_soon();
  }

  coroutine_frame* frame = nullptr;
  std::optional<result<T>> outcome;
};

/// An operation under way, to be awaited once. Dropped, it cancels.
template <class T>
class [[nodiscard]] asio_awaitable {
public:
  using bound_to_a_loop = void;
  using operation = asio_operation<T, frame_target<T>>;

  explicit asio_awaitable(loop& owner) : operation_(new operation(owner)) {}
  asio_awaitable(asio_awaitable&&) noexcept = default;
  asio_awaitable& operator=(asio_awaitable&&) noexcept = default;
  ~asio_awaitable() {
    if (!operation_) return;
    operation_->target.frame = nullptr;
    operation_->cancel();
  }

  operation& started() const noexcept { return *operation_; }
  asio_awaitable operator co_await() && noexcept { return std::move(*this); }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    coroutine_frame& frame = frame_of(handle);
    TRIREME_ASSERT(&frame.owner() == &operation_->owner());
    operation_->target.wakes(frame);
  }
  T await_resume() { return std::move(*operation_->target.outcome).value(); }
  result<T> await_result() { return std::move(*operation_->target.outcome); }

private:
  asio_operation_ref<operation> operation_;
};

}  // namespace detail
}  // namespace trireme

template <class Returned, class... Arguments>
class asio::async_result<trireme::use_task_t, Returned(Arguments...)> {
  using value_type = typename trireme::detail::asio_outcome<std::decay_t<Arguments>...>::type;

public:
  using return_type = trireme::detail::asio_awaitable<value_type>;

  template <class Initiation, class... Given>
  static return_type initiate(Initiation&& initiation, trireme::use_task_t, Given&&... given) {
    using handler =
        trireme::detail::asio_handler<typename return_type::operation, std::decay_t<Arguments>...>;
    return_type made(trireme::detail::running_loop());
    auto& operation = made.started();
    const trireme::context_ptr& context = operation.owner().current();
    if (context && context->stop_requested()) {
      operation.arrive(context->stop_reason());
    } else {
      std::forward<Initiation>(initiation)(handler(operation), std::forward<Given>(given)...);
      operation.watch(context);
    }
    return made;
  }
};
