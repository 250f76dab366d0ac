#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <trireme/core/clock.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/counters.hpp>
#include <trireme/core/detail/callback_queue.hpp>
#include <trireme/core/detail/immediate_queue.hpp>
#include <trireme/core/error.hpp>
#include <trireme/core/hook.hpp>
#include <trireme/core/immediate.hpp>
#include <trireme/core/loop_options.hpp>
#include <trireme/core/pending_work.hpp>
#include <trireme/core/phase.hpp>
#include <trireme/core/posting.hpp>
#include <trireme/core/remote_loop.hpp>
#include <trireme/core/timer.hpp>
#include <trireme/core/unique_function.hpp>

namespace asio {
class io_context;
}

namespace trireme {

namespace detail {
struct loop_state;
}

/// What a loop takes as its work.
using callback = unique_function<void()>;

/// The reactor: one thread, Node's phases in Node's order over Asio's reactor.
///
///     timers → pending → idle → prepare → poll → check → close
///
/// Ticks, then microtasks, drain after every single callback. What is armed during a phase waits for the next
/// pass. A zero timeout armed before `run` fires before an immediate (Node leaves that open). Source:
/// https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick
///
/// Thread: belongs to the thread that made it, until another calls `run`: each `run` takes it over. Only
/// `post` and `remote` may be called from others. Lifetime: outlives everything that was given a reference to
/// it; not destroyed by its own callbacks. Destroying it with work in flight is safe: what waits is destroyed
/// without being called. A callback must not be empty, except where it says that this ends something: the
/// program stops. Errors: an exception that leaves a callback, and a rejection that nobody handles, go to
/// `on_uncaught`; by default that is one line in the log, a stop, and exit code 1.
class loop {
public:
  using bound_to_a_loop = void;
  explicit loop(loop_options options = {});
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  ~loop();

  /// Turns until nothing keeps the loop alive or `stop` is called. Returns the exit code. It, and the other
  /// ways to turn, must not be called from a callback.
  int run();
  /// As `run`, for at most `limit`, but `on_before_exit` is not asked. Whether something still keeps the loop
  /// alive.
  bool run_for(duration limit);
  /// One turn, waiting where there is nothing to do. False once nothing keeps the loop alive.
  bool run_once();
  /// One turn without waiting.
  bool poll();
  /// Ends `run` after the callback that is running; what waits stays where it is.
  void stop() noexcept;
  void stop(int exit_code) noexcept;
  /// What `run` returns; 0 unless set while it runs.
  void set_exit_code(int exit_code) noexcept;
  /// Whether anything that counts is armed, open or under way. A tick, microtask or timer counts until it has
  /// returned, any other callback until it is called.
  bool alive() const;
  /// Whether a turn is under way: a callback runs, or the loop waits.
  bool running() const noexcept;

  /// For a foreign loop that drives this one: a descriptor that turns readable when there is something to do
  /// for `poll`. -1 where Asio is not the version that we can ask (core/README.md, "How sockets are
  /// watched").
  int native_handle() const noexcept;
  /// How long the foreign loop may wait for `native_handle`, negative: for ever. `poll` comes next. From this
  /// call on what another thread posts, to the loop or to Asio, turns the handle readable.
  duration prepare_wait();

  /// The loop's time: at most as old as the turn, or as the timer that was armed last. Not read for each
  /// callback.
  time_point now() const noexcept {
    if (!now_is_fresh_) read_clock();
    return now_;
  }

  /// Calls once, `delay` from this moment or later, never earlier. Negative counts as zero. Equal deadlines
  /// keep order.
  timer set_timeout(duration delay, callback work);
  /// Calls every `period`, at least a nanosecond, counted from the begin of the call before, as in Node.
  timer set_interval(duration period, callback work);
  /// Calls in the next check phase.
  template <std::convertible_to<callback> Work>
  immediate set_immediate(Work&& work) {
    assert_current();
    return immediate(*this, immediates_.push(std::forward<Work>(work), context_));
  }
  void clear_immediate(immediate which) noexcept { which.clear(); }
  /// Calls after the callback that is running, before microtasks.
  template <std::convertible_to<callback> Work>
  void next_tick(Work&& work) {
    assert_current();
    ticks_.push(std::forward<Work>(work), context_);
  }
  /// Calls after the ticks, in the order queued.
  template <std::convertible_to<callback> Work>
  void queue_microtask(Work&& work) {
    assert_current();
    microtasks_.push(std::forward<Work>(work), context_);
  }
  /// The same under `context`, whatever is current.
  template <std::convertible_to<callback> Work>
  void queue_microtask_in(context_ptr context, Work&& work) {
    assert_current();
    microtasks_.push(std::forward<Work>(work), std::move(context));
  }
  /// Calls in the pending phase of the next turn: for errors found where the caller may not be called back at
  /// once.
  void defer_pending(callback work);
  /// Calls in the close phase of this turn, or the next.
  void defer_close(callback work);

  /// Any thread. `full` and `closed` leave the callback with the caller.
  posting post(callback& work) const;
  /// The same for a callback made on the spot, which is lost where it is not posted.
  posting post(callback&& work) const { return post(work); }
  /// For threads that may outlive this loop.
  remote_loop remote() const;

  /// Calls in every turn right before the poll phase, while the hook lives.
  hook on_prepare(callback work);
  /// Calls in every turn before the prepare phase; the poll phase does not wait while there is one.
  hook on_idle(callback work);
  /// Calls in every turn right after the poll phase, before the immediates.
  hook on_check(callback work);
  /// Calls at the begin of every phase of every turn, for traces; an empty one ends that.
  void on_phase(unique_function<void(phase)> watcher);
  /// How many callbacks wait in a queue; what runs counts as in `alive`.
  std::size_t waiting(queue which) const noexcept;

  /// What the work that runs now belongs to; null at the root.
  const context_ptr& current() const noexcept { return context_; }
  /// Runs `work` at once with `context` current, and restores the present one after. Not within a `co_await`
  /// expression where `work` has captures with destructors, as with `promise::then`.
  template <class Work>
  decltype(auto) run_in(context_ptr context, Work&& work);

  /// Calls whenever `run` would return for want of work; what it arms keeps `run` going. Not called after
  /// `stop`. Source: https://nodejs.org/api/process.html#event-beforeexit
  void on_before_exit(callback handler);
  /// Replaces the default, which logs and stops with exit code 1. What the handler throws stops the loop.
  void on_uncaught(unique_function<void(const error&)> handler);
  /// Reports an error as if a callback had thrown it.
  void uncaught(const error& failure);
  /// Replaces the default, a line in the log, for when ticks and microtasks go on for so long that the phases
  /// starve (`loop_options::report_drain_after`): told once for each such run, with what is known of the
  /// callback that would come next. Counted as "loop.starved".
  void on_starved(unique_function<void(const std::string& origin)> handler);
  /// Calls on the loop for each `number` (SIGTERM, ...) the process gets, while the hook lives. It does not
  /// keep the loop alive unless `ref`ed. Each hook of each loop in the process is told, up to 64 loops; the
  /// last one to go restores what the process did before. A stop by one leaves the loop's later ones untold.
  /// Throws `error` where the system refuses.
  [[nodiscard]] hook on_signal(int number, callback work);

  /// Stops the program where another thread than the loop's calls; debug builds only.
  void assert_current() const noexcept {
#ifndef NDEBUG
    assert_thread();
#endif
  }
  /// Limits reached, bytes buffered and the like, by name; see counters.hpp.
  counter_registry& counters() noexcept { return counters_; }

  /// For Asio objects; include <trireme/core/asio.hpp> to use it.
  asio::io_context& context() noexcept;
  /// For this framework's own modules.
  detail::loop_state& internals() noexcept { return *state_; }
  const detail::loop_state& internals() const noexcept { return *state_; }

private:
  friend class immediate;
  friend struct detail::loop_state;

  void drain();
  void assert_thread() const noexcept;
  void read_clock() const noexcept;

  mutable time_point now_{};
  mutable bool now_is_fresh_ = false;
  context_ptr context_;
  detail::callback_queue ticks_;
  detail::callback_queue microtasks_;
  detail::immediate_queue immediates_;
  counter_registry counters_;
  std::unique_ptr<detail::loop_state> state_;
};

template <class Work>
decltype(auto) loop::run_in(context_ptr context, Work&& work) {
  assert_current();
  struct restore {
    loop& self;
    context_ptr previous;
    ~restore() { self.context_ = std::move(previous); }
  } guard{*this, std::exchange(context_, std::move(context))};
  return std::forward<Work>(work)();
}

}  // namespace trireme
