#pragma once
#include <coroutine>
#include <trireme/core/clock.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/awaiters.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/task.hpp>

namespace trireme {
namespace detail {

class sleep_awaiter final : public stop_watch {
public:
  sleep_awaiter(loop& owner, duration delay) noexcept : loop_(owner), delay_(delay) {}
  ~sleep_awaiter() { timer_.clear(); }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    start(frame_of(handle));
  }
  void await_resume() const {
    if (failure_) failure_.raise();
  }
  result<void> await_result() const {
    if (failure_) return failure_;
    return {};
  }

private:
  void start(coroutine_frame& frame);
  void on_stop(const error& reason) override;

  loop& loop_;
  duration delay_;
  coroutine_frame* frame_ = nullptr;
  timer timer_;
  error failure_;
};

}  // namespace detail

/// A pause; only `co_await` starts it, and each starts it anew.
///
/// Thread: the loop's.
/// Errors: a stop of the awaiting task's context ends it at once with the reason of the stop.
class sleep {
public:
  using bound_to_a_loop = void;
  sleep(loop& owner, duration delay) noexcept : loop_(owner), delay_(delay) {}
  detail::sleep_awaiter operator co_await() const { return detail::sleep_awaiter(loop_, delay_); }

private:
  loop& loop_;
  duration delay_;
};

inline sleep sleep_for(loop& owner, duration delay) noexcept { return sleep(owner, delay); }
inline sleep sleep_until(loop& owner, time_point when) noexcept { return sleep(owner, when - owner.now()); }

}  // namespace trireme
