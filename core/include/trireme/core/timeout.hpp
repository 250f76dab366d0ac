#pragma once
#include <concepts>
#include <trireme/core/context.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/task.hpp>
#include <type_traits>

namespace trireme {
namespace detail {

/// Stops a context at a point in time, unless it is destroyed before.
class deadline_timer {
public:
  deadline_timer(loop& owner, const context_ptr& stopped, duration limit)
      : timer_(owner.set_timeout(limit, [stopped] { stopped->request_stop(errc::timed_out); })) {
    stopped->set_deadline(owner.now() + limit);
  }
  deadline_timer(const deadline_timer&) = delete;
  deadline_timer& operator=(const deadline_timer&) = delete;
  ~deadline_timer() { timer_.clear(); }

private:
  timer timer_;
};

}  // namespace detail

/// Runs `work`, a callable that returns a task, under a context with a deadline. At the deadline that context
/// is told to stop, for `errc::timed_out`; what the work awaits then fails with it. Returns once the work has
/// ended.
///
/// Thread: the loop's. With g++ 12, call it in one statement and await it in the next.
template <class Work>
std::invoke_result_t<Work&> with_timeout(loop& owner, duration limit, Work work) {
  const context_ptr child = context::make(owner.current());
  const detail::deadline_timer deadline(owner, child, limit);
  auto running = owner.run_in(child, work);
  co_return co_await std::move(running);
}

}  // namespace trireme
