// What the loop does from morning to night.
#include <algorithm>
#include <trireme/core/assert.hpp>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/detail/this_loop.hpp>

#include "reactor.hpp"
#include "reactor_direct.hpp"

namespace trireme {
namespace {

class turning {
public:
  explicit turning(detail::loop_state& state) : state_(state), current_(state.self) { state.begin(); }
  turning(const turning&) = delete;
  turning& operator=(const turning&) = delete;
  ~turning() { state_.turning = false; }

private:
  detail::loop_state& state_;
  detail::turning_loop current_;
};

}  // namespace

int loop::run() {
  detail::loop_state& state = *state_;
  state.thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  const turning now(state);
  state.exit_code = 0;
  drain();
  state.announce(phase::timers);
  state.run_due_timers();
  do {
    while (!state.stopping && alive()) state.turn(true);
  } while (!state.stopping && state.before_exit());
  return state.exit_code;
}

bool loop::run_for(duration limit) {
  detail::loop_state& state = *state_;
  const turning now(state);
  const time_point end = detail::later(state.read_clock(), std::max(limit, duration::zero()));
  state.run_until = end;
  drain();
  state.announce(phase::timers);
  state.run_due_timers();
  while (!state.stopping && alive() && state.read_clock() < end) state.turn(true);
  state.run_until = time_point::max();
  return alive();
}

bool loop::run_once() {
  detail::loop_state& state = *state_;
  const turning now(state);
  drain();
  if (alive()) state.turn(true);
  return alive();
}

bool loop::poll() {
  detail::loop_state& state = *state_;
  const turning now(state);
  drain();
  state.turn(false);
  return alive();
}

namespace detail {

namespace {

constexpr duration for_ever{-1};
/// Asio adds what it waits to its clock; the sum must stay within the clock's range.
constexpr duration longest_wait = std::chrono::hours(24);
/// Jobs of other threads a turn, so that no flood of them starves the other phases.
constexpr std::size_t inbox_budget = 1024;

struct drop_at_end {
  inbox& from;
  letter* opened;
  ~drop_at_end() { from.drop(opened); }
};

}  // namespace

void loop_state::begin() {
  self.assert_current();
  TRIREME_ASSERT(!turning);  // a callback must not turn its own loop
  turning = true;
  stopping = false;
  self.now_is_fresh_ = false;
}

// One function with all it calls here: see reactor_direct.hpp.
[[gnu::flatten]] void loop_state::turn(bool may_wait) {
  self.drain();  // what was left where ticks and microtasks were made to yield
  announce(phase::pending);
  run_queue(pending);
  announce(phase::idle);
  run_hooks(idle_hooks);
  announce(phase::prepare);
  run_hooks(prepare_hooks);
  run_flushes();
  announce(phase::poll);
  poll_phase(may_wait);
  announce(phase::check);
  run_hooks(check_hooks);
  run_immediates();
  announce(phase::close);
  run_queue(closing);
  announce(phase::timers);
  run_due_timers();
}

void loop_state::run_inbox() {
  run_letters();
  run_async_handles();
}

void loop_state::run_letters() {
  for (std::size_t left = std::min(incoming->size(), inbox_budget); left > 0 && !stopping; --left) {
    letter* const arrived = incoming->next();
    if (!arrived) return;
    enter({}, [this, arrived] {
      const drop_at_end guard{*incoming, arrived};
      arrived->open();
    });
  }
}

void loop_state::run_async_handles() {
  async_handle::queue& sent = incoming->handles();
  if (sent.empty()) return;
  sent.collect();
  while (!stopping) {
    async_handle* const oldest = sent.pop();
    if (!oldest) return;
    enter({}, [oldest] { oldest->on_async(); });
  }
}

bool loop_state::before_exit() {
  const auto handler = before_exit_handler;
  if (!handler) return false;
  enter({}, *handler);
  return self.alive();
}

bool loop_state::something_waits() const noexcept {
  return stopping || self.immediates_.referenced() > 0 || !pending.empty() || !closing.empty() ||
         !ready.empty() || !flushes.empty() || !idle_hooks.empty() || !self.ticks_.empty() ||
         !self.microtasks_.empty();
}

bool loop_state::something_arrived() const noexcept { return !ready.empty() || !incoming->empty(); }

std::optional<time_point> loop_state::next_deadline() const noexcept {
  const auto deadline = timers.next_deadline();
  if (run_until == time_point::max()) return deadline;
  return deadline ? std::min(*deadline, run_until) : run_until;
}

duration loop_state::time_to_wait() noexcept {
  const auto deadline = next_deadline();
  if (!deadline) return for_ever;
  // The clock itself, not the loop's time: where it went back that would have us wake again and again.
  const time_point at = time.now();
  return later(at, longest_wait) < *deadline ? longest_wait : std::max(*deadline - at, duration::zero());
}

bool loop_state::found_by_looking(duration at_most) noexcept {
  const auto arrived = [this] { return !incoming->empty(); };
  return looking.find(arrived, at_most < duration::zero() ? duration::max() : at_most);
}

/// While one answer follows another the kernel is asked every 20 µs, not in every turn.
bool loop_state::io_may_wait() noexcept {
  const time_point at = time.now();
  if (at < io_waits_until) return true;
  io_waits_until = at + std::chrono::microseconds(20);
  return false;
}

bool loop_state::poll_io(duration timeout) {
  if (sleeps_outside) awake_outside();
  if (timeout != duration::zero() && outside > 0 && !time.jumps()) {
    const bool may_wait = io_may_wait();  // first: what comes is not to wait for a look at the clock
    if (found_by_looking(timeout)) {
      if (may_wait) return true;
      timeout = duration::zero();
    }
  }
  const bool asleep = timeout != duration::zero() && incoming->about_to_sleep();
  bool ran = true;  // also where a handler throws
  guarded([&] {
    ran = io->poll(asleep ? timeout : duration::zero(), [this] {
      self.drain();
      return !stopping;
    });
  });
  self.drain();
  if (asleep) incoming->awake();
  return ran || something_arrived();
}

// Other threads come in by two doors: our inbox, and Asio's queue of handlers.
bool loop_state::about_to_sleep_outside() noexcept {
  if (!io->about_to_sleep_outside()) return false;
  sleeps_outside = incoming->about_to_sleep();
  if (!sleeps_outside) io->awake();
  return sleeps_outside;
}

void loop_state::awake_outside() noexcept {
  sleeps_outside = false;
  incoming->awake();
  io->awake();
}

void loop_state::poll_phase(bool may_wait) {
  if (stopping) return;
  // The pending phase may have been the last thing that kept the loop alive: then nothing is left to wait
  // for.
  const bool waits = may_wait && !something_waits() && self.alive();
  if (waits && time.jumps()) {
    pass_virtual_time();
  } else {
    poll_io(waits ? time_to_wait() : duration::zero());
  }
  self.now_is_fresh_ = false;
  run_ready();
  run_inbox();
}

void loop_state::pass_virtual_time() {
  if (poll_io(duration::zero())) return;
  const auto deadline = next_deadline();
  if (deadline && outside == 0) {
    time.advance_to(*deadline);
    return;
  }
  if (!poll_io(patience)) self.uncaught(error(errc::would_hang));
}

}  // namespace detail
}  // namespace trireme
