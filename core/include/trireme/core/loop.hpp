#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <trireme/core/clock.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/counters.hpp>
#include <trireme/core/detail/callback_queue.hpp>
#include <trireme/core/error.hpp>
#include <trireme/core/posting.hpp>
#include <trireme/core/unique_function.hpp>

namespace asio {
class io_context;
}

namespace trireme {

class loop;
namespace detail {
class inbox;
class reactor;
struct loop_state;
}  // namespace detail

/// What a loop takes as its work.
using callback = unique_function<void()>;

/// Names one timer. Copies name the same; one that has fired or was cleared names nothing, and every call on
/// it does nothing.
///
/// Thread: the loop's. Lifetime: may outlive the timer, not the loop.
class timer {
public:
  using bound_to_a_loop = void;
  timer() noexcept = default;
  void clear() noexcept;
  /// Starts the wait anew from the loop's `now`.
  void refresh();
  /// Whether it keeps the loop alive; it does at first.
  void ref() noexcept;
  void unref() noexcept;
  bool active() const noexcept;

private:
  friend struct detail::loop_state;
  timer(loop& owner, std::uint32_t slot, std::uint32_t generation) noexcept
      : loop_(&owner), slot_(slot), generation_(generation) {}
  loop* loop_ = nullptr;
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

/// Names one immediate; as `timer` does.
class immediate {
public:
  using bound_to_a_loop = void;
  immediate() noexcept = default;

private:
  friend class loop;
  explicit immediate(std::uint64_t number) noexcept : number_(number) {}
  std::uint64_t number_ = 0;
};

/// Keeps its loop alive, and its virtual clock still, while some other thread works for it.
///
/// Thread: made and destroyed on the loop.
class pending_work {
public:
  using bound_to_a_loop = void;
  pending_work() noexcept = default;
  explicit pending_work(loop& owner) noexcept;
  pending_work(pending_work&& other) noexcept : loop_(std::exchange(other.loop_, nullptr)) {}
  pending_work& operator=(pending_work&& other) noexcept {
    std::swap(loop_, other.loop_);
    return *this;
  }
  ~pending_work();

private:
  loop* loop_ = nullptr;
};

/// Posts to a loop that may already have gone. Copies freely between threads.
class remote_loop {
public:
  remote_loop() = default;
  /// Any thread. `closed` once the loop has gone, `full` at the inbox's limit; the callback is taken only
  /// when posted.
  posting post(callback& work) const;

private:
  friend class loop;
  explicit remote_loop(std::shared_ptr<detail::inbox> inbox) : inbox_(std::move(inbox)) {}
  std::shared_ptr<detail::inbox> inbox_;
};

/// What a loop may be given at birth.
struct loop_options {
  loop_options() {}
  /// Where time comes from. Outlives the loop.
  trireme::clock* clock = &steady_clock();
  /// How many callbacks of other threads may wait. `post` answers `full` beyond it.
  std::size_t inbox_limit = 1 << 20;
};

/// The reactor: one thread, Node's phases in Node's order over Asio's reactor.
///
///     timers → pending → prepare → poll → check → close
///
/// Ticks, then microtasks, drain after every single callback. What is armed during a phase waits for the next
/// pass. A zero timeout armed before `run` fires before an immediate (Node leaves that open). Source:
/// https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick
///
/// Thread: belongs to the thread that made it, or that first calls `run`; only `post` and `remote` may be
/// called from others. Lifetime: outlives everything that was given a reference to it. Destroying it with
/// work in flight is safe: what waits is destroyed without being called. Errors: an exception that leaves a
/// callback, and a rejection that nobody handles, go to `on_uncaught`; by default that is one line in the
/// log, a stop, and exit code 1.
class loop {
public:
  using bound_to_a_loop = void;
  explicit loop(loop_options options = {});
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  ~loop();

  /// Turns until nothing keeps the loop alive or `stop` is called. Returns the exit code.
  int run();
  /// One turn, waiting where there is nothing to do. False once nothing keeps the loop alive.
  bool run_once();
  /// One turn without waiting.
  bool poll();
  /// Ends `run` after the callback that is running; what waits stays where it is.
  void stop(int exit_code = 0) noexcept;
  /// Whether anything that counts is armed, open or under way.
  bool alive() const;

  /// The loop's time: read once for each turn and after each wait, not for each callback.
  time_point now() const noexcept { return now_; }

  /// Calls once, `delay` from `now` or later, never earlier. Negative counts as zero. Equal deadlines keep
  /// order.
  timer set_timeout(duration delay, callback work);
  /// Calls every `period`, at least a nanosecond, counted from the end of the call before, as in Node.
  timer set_interval(duration period, callback work);
  /// Calls in the next check phase.
  immediate set_immediate(callback work);
  void clear_immediate(immediate which) noexcept;
  /// Calls after the callback that is running, before microtasks.
  void next_tick(callback work) { ticks_.push(std::move(work), context_); }
  /// Calls after the ticks, in the order queued.
  void queue_microtask(callback work) { microtasks_.push(std::move(work), context_); }
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

  /// What the work that runs now belongs to; null at the root.
  const context_ptr& current() const noexcept { return context_; }
  /// Runs `work` at once with `context` current, and restores the present one after.
  template <class Work>
  decltype(auto) run_in(context_ptr context, Work&& work);

  /// Replaces the default, which logs and stops with exit code 1. What the handler throws stops the loop.
  void on_uncaught(unique_function<void(const error&)> handler);
  /// Reports an error as if a callback had thrown it.
  void uncaught(const error& failure);
  /// Calls on the loop for each `number` (SIGTERM, ...) the process gets; an empty callback stops watching.
  /// Does not keep the loop alive. Throws `error` where the system refuses.
  void on_signal(int number, callback work);

  /// Stops the program where another thread than the loop's calls; debug builds only.
  void assert_current() const noexcept;
  /// Limits reached, bytes buffered and the like, by name; see counters.hpp.
  counter_registry& counters() noexcept { return counters_; }

  /// For Asio objects; include <trireme/core/asio.hpp> to use it.
  asio::io_context& context() noexcept;
  /// For this framework's own modules.
  detail::loop_state& internals() noexcept { return *state_; }

private:
  friend class timer;
  friend class pending_work;
  friend struct detail::loop_state;

  void turn(bool may_wait);
  void drain();
  void drain_slow();

  time_point now_{};
  context_ptr context_;
  detail::callback_queue ticks_;
  detail::callback_queue microtasks_;
  counter_registry counters_;
  std::unique_ptr<detail::loop_state> state_;
};

template <class Work>
decltype(auto) loop::run_in(context_ptr context, Work&& work) {
  struct restore {
    loop& self;
    context_ptr previous;
    ~restore() { self.context_ = std::move(previous); }
  } guard{*this, std::exchange(context_, std::move(context))};
  return std::forward<Work>(work)();
}

}  // namespace trireme
