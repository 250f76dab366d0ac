#pragma once
#include <algorithm>
#include <concepts>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/make_recycled.hpp>
#include <trireme/core/detail/operations.hpp>
#include <trireme/core/detail/timer_queue.hpp>
#include <trireme/core/detail/two_statements.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/task.hpp>
#include <type_traits>

namespace trireme {
namespace detail {

/// Stops a context at a point in time, unless it is destroyed before.
class deadline_timer {
public:
  deadline_timer(loop& owner, const context_ptr& stopped, duration limit)
      : timer_(owner.set_timeout(limit, [stopped] { stopped->request_stop(errc::timed_out); })) {
    stopped->set_deadline(later(owner.now(), std::max(limit, duration::zero())));
  }
  deadline_timer(const deadline_timer&) = delete;
  deadline_timer& operator=(const deadline_timer&) = delete;
  ~deadline_timer() { timer_.clear(); }

private:
  timer timer_;
};

/// Dropped, it tells what is left to stop.
class stop_at_exit {
public:
  explicit stop_at_exit(context_ptr stopped) noexcept : stopped_(std::move(stopped)) {}
  stop_at_exit(const stop_at_exit&) = delete;
  stop_at_exit& operator=(const stop_at_exit&) = delete;
  ~stop_at_exit() {
    if (stopped_) stopped_->request_stop();
  }
  void release() noexcept { stopped_ = {}; }

private:
  context_ptr stopped_;
};

template <class Work>
task<outcome_of<Work>> run_with_deadline(loop& owner, duration limit, Work work) {
  const context_ptr child = context::make(owner.current());
  const deadline_timer deadline(owner, child, limit);
  stop_at_exit stop(child);
  started_by<Work> running = owner.run_in(child, work);
  if constexpr (std::is_void_v<outcome_of<Work>>) {
    const result<void> ended = co_await as_result(std::move(running));
    stop.release();
    ended.value();
  } else {
    result<outcome_of<Work>> ended = co_await as_result(std::move(running));
    stop.release();
    co_return std::move(ended).value();
  }
}

}  // namespace detail

/// Runs `work`, a callable that returns a task or a promise, under a context with a deadline. At the deadline
/// that context is told to stop, for `errc::timed_out`; what the work awaits then fails with it, its timers
/// cleared and its operations cancelled. Ends when the work has ended. What the work armed and left behind
/// belongs to that context still, and keeps it.
///
///     auto page = with_timeout(loop, 5s, [&] { return fetch(loop, url); });
///     co_await std::move(page);
///
/// Thread: the loop's. Lifetime: the callable is kept until the end; dropping the task tells the work to
/// stop. Errors: the work's own. With g++ 12, a callable whose captures have destructors makes it a task that
/// is awaited as an lvalue, in a statement of its own: `co_await page`.
template <detail::starts Work>
auto with_timeout(loop& owner, duration limit, Work work)
    -> detail::awaitable_for<task<detail::outcome_of<Work>>, Work> {
  return detail::run_with_deadline<Work>(owner, limit, std::move(work));
}

/// What `running` settles with, or `errc::timed_out` where `limit` passes first. What runs already is not
/// cancelled by that: hand in a callable for that.
template <class T>
promise<T> with_timeout(loop& owner, duration limit, promise<T> running) {
  auto made = make_promise<T>(owner);
  const auto shared = detail::make_recycled<resolver<T>>(std::move(made.resolver));
  timer deadline = owner.set_timeout(limit, [shared] { shared->reject(errc::timed_out); });
  detail::observe(std::move(running).release(), [shared, deadline](detail::settlement<T>& ended) mutable {
    deadline.clear();
    detail::settle_as(*shared, ended);
  });
  return std::move(made.promise);
}
/// The same, for what has to be awaited in a statement of its own: so has this.
template <class T>
auto with_timeout(loop& owner, duration limit, detail::in_two_statements<promise<T>> running)
    -> detail::in_two_statements<promise<T>> {
  return with_timeout(owner, limit, static_cast<promise<T>&&>(running));
}

}  // namespace trireme
