#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <trireme/core/detail/descriptor.hpp>
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/detail/kept_work.hpp>
#include <trireme/core/detail/rejections.hpp>
#include <trireme/core/detail/spinner.hpp>
#include <trireme/core/detail/timer_queue.hpp>
#include <trireme/core/loop.hpp>
#include <vector>

namespace trireme::detail {

class inbox;
class inbox_watch;
class reactor;
class signal_watcher;

/// Something that is told once, right before the loop would poll: how writes of one turn leave in one call.
class flushable : public list_node {
public:
  virtual void flush() = 0;

protected:
  ~flushable() = default;
};

/// A callback that stays in a phase.
struct hook_state : list_node, std::enable_shared_from_this<hook_state> {
  hook_state(loop& owner_, callback work_)
      : owner(&owner_), work(std::move(work_)), context(owner_.current()) {}
  loop* owner;  // null once cleared, or once the loop has gone
  callback work;
  context_ptr context;
  bool referenced = true;
};

/// What the loop's own modules reach behind its public face.
struct loop_state {
  loop_state(loop& owner, const loop_options& options);
  ~loop_state();

  /// Queues `item` for the prepare phase of this turn; queueing twice is once.
  void flush_before_poll(flushable& item) noexcept {
    if (!item.linked()) flushes.push_back(item);
  }
  /// One large buffer for all reads of the loop; what is in it is gone at the next read.
  char* read_buffer() noexcept { return read_buffer_.get(); }
  static constexpr std::size_t read_buffer_size = std::size_t{512} << 10;

  /// Runs `work` as one callback: context, uncaught errors, then ticks and microtasks.
  template <class Work>
  void enter(const context_ptr& context, Work&& work) {
    self.context_ = context;
    guarded(std::forward<Work>(work));
    self.context_ = {};
    self.drain();
  }
  /// The same for a callback that is called once: it goes before ticks and microtasks run, for what it holds
  /// may queue more of them.
  void consume(const context_ptr& context, callback& work) {
    self.context_ = context;
    guarded(work);
    work.reset();
    self.context_ = {};
    self.drain();
  }
  template <class Work>
  void guarded(Work&& work) noexcept {
    try {
      work();
    } catch (...) {
      self.uncaught(error::from(std::current_exception()));
    }
  }

  void begin();
  void turn(bool may_wait);
  timer add_timer(duration delay, bool repeats, callback work);
  void fire(timer_queue::index which);
  void go_on(timer_queue::index which, time_point begun);
  void forget(timer_queue::index which) noexcept;
  void report_rejections();
  void forget_everything() noexcept;

  void drain();
  bool run_all(callback_queue& queue, std::size_t& ran);
  bool goes_on(const callback_queue::slot& next, std::size_t ran);
  void report_starvation(const callback_queue::slot& next);
  void announce(phase which) {
    if (phase_watcher) call_phase_watcher(which);
  }
  void call_phase_watcher(phase which);

  hook add_hook(list<hook_state>& hooks, callback work);
  // A turn passes every phase; most are empty.
  void run_hooks(list<hook_state>& hooks) {
    if (!hooks.empty()) call_hooks(hooks);
  }
  void run_due_timers() {
    if (timers.any_armed()) fire_due_timers();
  }
  void run_queue(callback_queue& queue) {
    if (!queue.empty()) call_queue(queue);
  }
  void run_flushes() {
    if (!flushes.empty()) call_flushes();
  }
  void run_immediates() {
    if (self.immediates_.alive() > 0) call_immediates();
  }
  void run_ready() {
    if (!ready.empty()) dispatch_ready();
  }
  void call_hooks(list<hook_state>& hooks);
  void fire_due_timers();
  void call_queue(callback_queue& queue);
  void call_flushes();
  void call_immediates();
  void dispatch_ready();
  void run_inbox();
  void run_letters();
  void run_async_handles();
  void poll_phase(bool may_wait);
  bool poll_io(duration timeout);
  bool about_to_sleep_outside() noexcept;
  void awake_outside() noexcept;
  bool found_by_looking(duration at_most) noexcept;
  bool io_may_wait() noexcept;
  void pass_virtual_time();
  bool before_exit();

  bool something_waits() const noexcept;
  bool something_arrived() const noexcept;
  time_point read_clock() noexcept;
  std::optional<time_point> next_deadline() const noexcept;
  duration time_to_wait() noexcept;

  /// Any thread.
  bool on_its_thread() const noexcept {
    return thread.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }

  loop& self;
  clock& time;
  std::shared_ptr<inbox> incoming;
  std::unique_ptr<reactor> io;
  std::unique_ptr<inbox_watch> incoming_watch;
  timer_queue timers;
  callback_queue pending;
  callback_queue closing;
  list<hook_state> idle_hooks;
  list<hook_state> prepare_hooks;
  list<hook_state> check_hooks;
  list<flushable> flushes;
  list<descriptor> ready;
  rejection_list rejections;
  list<kept_work> kept;
  // Shared with the call under way: a handler may replace itself.
  std::shared_ptr<unique_function<void(const error&)>> uncaught_handler;
  std::shared_ptr<unique_function<void(const std::string&)>> starved_handler;
  std::shared_ptr<unique_function<void(phase)>> phase_watcher;
  std::shared_ptr<callback> before_exit_handler;
  std::unique_ptr<signal_watcher> signals;
  spinner looking;
  time_point io_waits_until{};  // see io_may_wait
  std::size_t references = 0;   // armed timers, open descriptors and the like that keep the loop alive
  std::size_t outside = 0;      // work that other threads do for this loop
  /// How long a loop under virtual time waits for the real world, threads and sockets, before it takes it
  /// that nothing will come.
  duration patience = std::chrono::seconds(30);
  const duration timer_clamp;
  const std::size_t report_drain_after;
  const std::size_t yield_drain_after;
  const std::size_t look_at_drain;  // the lesser of the two
  time_point run_until = time_point::max();
  int exit_code = 0;
  bool stopping = false;
  bool draining = false;
  bool turning = false;
  bool sleeps_outside = false;  // a foreign loop waits for us
  /// Relaxed: others only compare it with their own, which it never is by chance.
  std::atomic<std::thread::id> thread = std::this_thread::get_id();

private:
  std::unique_ptr<char[]> read_buffer_;
};

}  // namespace trireme::detail
