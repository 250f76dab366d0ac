#pragma once
#include <coroutine>
#include <trireme/core/clock.hpp>
#include <trireme/core/completion.hpp>
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

/// From now until `when`; nothing where that has passed.
inline duration time_until(loop& owner, time_point when) noexcept {
  const time_point now = owner.now();
  return when > now ? when - now : duration::zero();
}
/// Starts a timer for a completion; a stop of the current context clears it.
void start_sleep(duration delay, completion<void> done);

}  // namespace detail

/// A pause; only `co_await` or `as_promise` starts it, and each starts it anew.
///
/// Thread: the loop's.
/// Errors: a stop of the awaiting task's context clears the timer and ends it at once with the reason of the
/// stop. Awaiting it allocates nothing.
class sleep {
public:
  using bound_to_a_loop = void;
  sleep(loop& owner, duration delay) noexcept : loop_(owner), delay_(delay) {}
  detail::sleep_awaiter operator co_await() const { return detail::sleep_awaiter(loop_, delay_); }
  /// The same as a promise; the context that counts is the one current now.
  promise<void> as_promise() const {
    return with_promise<void>(
        loop_, [&](auto done) { detail::start_sleep(delay_, completion<void>(std::move(done))); });
  }

private:
  loop& loop_;
  duration delay_;
};

/// A pause of at least `delay` from the loop's `now`; a negative one counts as zero. In three styles:
///
///     co_await sleep_for(loop, 1s);
///     sleep_for(loop, 1s).as_promise().then([] { ... }).detach();
///     sleep_for(loop, 1s, [](const error& failure) { ... });
///
/// Thread: the loop's. Errors: the reason of a stop of the current context. Order: the callback is called
/// where the timer is due, in the timers phase, or as a tick after a stop.
inline sleep sleep_for(loop& owner, duration delay) noexcept { return sleep(owner, delay); }
inline void sleep_for(loop& owner, duration delay, callback_of<void> done) {
  detail::start_sleep(delay, completion<void>(owner, std::move(done)));
}
/// The same until a point in the loop's time; one that has passed counts as now.
inline sleep sleep_until(loop& owner, time_point when) noexcept {
  return sleep(owner, detail::time_until(owner, when));
}
inline void sleep_until(loop& owner, time_point when, callback_of<void> done) {
  sleep_for(owner, detail::time_until(owner, when), std::move(done));
}

}  // namespace trireme
