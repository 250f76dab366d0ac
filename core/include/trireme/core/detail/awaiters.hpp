#pragma once
#include <coroutine>
#include <trireme/core/detail/coroutine_frame.hpp>
#include <trireme/core/detail/promise_state.hpp>

namespace trireme::detail {

/// Suspends a coroutine until a settlement is settled, and one microtask more. Destroyed meanwhile, it
/// forgets it.
///
/// Awaiters of this framework also have `await_result`, which `as_result` calls in the place of
/// `await_resume`.
class settlement_awaiter : public reaction {
public:
  settlement_awaiter() noexcept = default;
  bool await_ready() const noexcept { return false; }

protected:
  ~settlement_awaiter() = default;
  template <class Promise>
  void wait(std::coroutine_handle<Promise> handle, settlement_base& awaited) {
    frame_ = &frame_of(handle);
    awaited.attach(*this);
  }

private:
  void settled() final { frame_->wake_soon(); }
  coroutine_frame* frame_ = nullptr;
};

template <class T, bool Takes>
class promise_awaiter final : public settlement_awaiter {
public:
  explicit promise_awaiter(promise_ref<T> awaited) noexcept : awaited_(std::move(awaited)) {}
  ~promise_awaiter() { this->unlink(); }  // before the settlement goes

  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    this->wait(handle, *awaited_);
  }
  decltype(auto) await_resume() {
    if constexpr (Takes) {
      return awaited_->take();
    } else {
      return awaited_->peek();
    }
  }
  result<T> await_result() {
    if constexpr (Takes) {
      return awaited_->take_result();
    } else {
      return awaited_->peek_result();
    }
  }

private:
  promise_ref<T> awaited_;
};

}  // namespace trireme::detail
