#pragma once
#include <asio/error.hpp>
#include <cstdint>
#include <exception>
#include <trireme/core/asio/executor.hpp>
#include <trireme/core/assert.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/asio_outcome.hpp>
#include <trireme/core/detail/asio_signal.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/detail/recycled_allocator.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <trireme/core/detail/this_loop.hpp>
#include <trireme/core/log.hpp>
#include <type_traits>
#include <utility>

namespace trireme::detail {

/// One operation of Asio under way, shared by its handler and whoever waits. It tells `Target`, which has
/// `settle(result<T>)` and `abandoned()`, at most once how it ended. A stop of the context asks Asio to
/// cancel it; one that offers no cancellation ends for `Target` there and then, and goes on alone.
template <class T, class Target>
class asio_operation final : public recycled, private stop_watch {
public:
  using value_type = T;

  template <class... Arguments>
  explicit asio_operation(loop& owner, Arguments&&... arguments)
      : target(std::forward<Arguments>(arguments)...), owner_(owner), signal_(take_asio_signal()) {}

  loop& owner() const noexcept { return owner_; }
  asio::cancellation_slot slot() const noexcept { return signal_->slot(); }
  void watch(const context_ptr& context) {
    if (context && !over_) context->watch(*this);
  }
  void cancel() {
    if (!over_) signal_->emit();
  }
  void arrive(result<T> outcome) {
    owner_.assert_current();
    if (over_) return;
    const bool aborted = stopped_ && outcome.error().code() == asio::error::operation_aborted;
    finish(aborted ? result<T>(stopped_) : std::move(outcome));
  }
  /// The handler has gone without having been called.
  void abandon() {
    if (std::exchange(over_, true)) return;
    unlink();
    target.abandoned();
  }

  void hold() noexcept { ++count_; }
  void release() noexcept {
    if (--count_ == 0) delete this;
  }

  Target target;

private:
  ~asio_operation() { give_asio_signal(signal_); }

  void on_stop(const error& reason) override {
    hold();  // the handler may be called on the spot
    stopped_ = reason;
    if (!signal_->emit() && !over_) finish(reason);
    release();
  }
  void finish(result<T> outcome) {
    over_ = true;
    unlink();
    target.settle(std::move(outcome));
  }

  loop& owner_;
  asio_signal* signal_;
  error stopped_;
  std::uint32_t count_ = 0;
  bool over_ = false;
};

template <class Operation>
class asio_operation_ref {
public:
  asio_operation_ref() noexcept = default;
  explicit asio_operation_ref(Operation* operation) noexcept : operation_(operation) { operation_->hold(); }
  asio_operation_ref(asio_operation_ref&& other) noexcept
      : operation_(std::exchange(other.operation_, nullptr)) {}
  asio_operation_ref& operator=(asio_operation_ref&& other) noexcept {
    std::swap(operation_, other.operation_);
    return *this;
  }
  ~asio_operation_ref() {
    if (operation_) operation_->release();
  }

  explicit operator bool() const noexcept { return operation_ != nullptr; }
  Operation* operator->() const noexcept { return operation_; }
  Operation& operator*() const noexcept { return *operation_; }

private:
  Operation* operation_ = nullptr;
};

/// The loop that an operation belongs to where none is named: the one of this thread.
inline loop& running_loop() noexcept {
  TRIREME_ASSERT(current_loop() != nullptr);
  current_loop()->assert_current();
  return *current_loop();
}

/// Abandons on the loop, wherever the handler went.
template <class Operation>
void abandon(asio_operation_ref<Operation> operation) noexcept {
  loop& owner = operation->owner();
  if (owner.internals().on_its_thread()) return operation->abandon();
  callback there = [moved = std::move(operation)] { moved->abandon(); };
  if (owner.post(there) == posting::posted) return;
  log(log_level::error, "an Asio operation was dropped on another thread, and its loop takes no more posts");
  static_cast<void>(new callback(std::move(there)));  // counted without atomics: only the loop could free it
}

/// The completion handler. Runs on the loop, whatever executor the operation's object has, and takes its
/// memory from the recycler.
template <class Operation, class... Arguments>
class asio_handler {
public:
  using executor_type = executor;
  using allocator_type = recycled_allocator<void>;
  using cancellation_slot_type = asio::cancellation_slot;

  explicit asio_handler(Operation& operation) noexcept : operation_(&operation) {}
  asio_handler(asio_handler&&) noexcept = default;
  asio_handler& operator=(asio_handler&&) = delete;
  ~asio_handler() {
    if (operation_) abandon(std::move(operation_));
  }

  executor_type get_executor() const noexcept { return executor_of(operation_->owner()); }
  allocator_type get_allocator() const noexcept { return {}; }
  cancellation_slot_type get_cancellation_slot() const noexcept { return operation_->slot(); }

  template <class... Given>
  void operator()(Given&&... given) {
    const auto operation = std::move(operation_);
    operation->arrive(outcome(std::forward<Given>(given)...));
  }

private:
  template <class... Given>
  static result<typename Operation::value_type> outcome(Given&&... given) noexcept {
    try {
      return asio_outcome<Arguments...>::make(std::forward<Given>(given)...);
    } catch (...) {
      return error::from(std::current_exception());
    }
  }

  asio_operation_ref<Operation> operation_;
};

}  // namespace trireme::detail
