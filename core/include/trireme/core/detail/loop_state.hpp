#pragma once
#include <cstddef>
#include <memory>
#include <thread>
#include <trireme/core/detail/descriptor.hpp>
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/detail/kept_work.hpp>
#include <trireme/core/detail/rejections.hpp>
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

  timer add_timer(duration delay, bool repeats, callback work);
  void fire(timer_queue::index which);
  void forget(timer_queue::index which) noexcept;
  void clear_immediate(std::uint64_t number) noexcept;
  void report_rejections();
  void forget_everything() noexcept;

  void run_due_timers();
  void run_queue(callback_queue& queue);
  void run_flushes();
  void run_immediates();
  void run_inbox();
  void run_ready();
  void poll_phase(bool may_wait);
  bool poll_io(duration timeout);
  void pass_virtual_time();
  bool something_waits() const noexcept;
  bool something_arrived() const noexcept;
  duration time_to_wait() const noexcept;

  struct immediate_slot {
    std::uint64_t number;
    callback work;
    context_ptr context;
  };

  loop& self;
  clock& time;
  std::shared_ptr<inbox> incoming;
  std::unique_ptr<reactor> io;
  std::unique_ptr<inbox_watch> incoming_watch;
  timer_queue timers;
  callback_queue pending;
  callback_queue closing;
  std::vector<immediate_slot> immediates;
  std::vector<immediate_slot> running_immediates;
  std::size_t immediates_alive = 0;  // in both; cleared ones stay in place, empty
  std::uint64_t next_immediate = 1;
  list<flushable> flushes;
  list<descriptor> ready;
  rejection_list rejections;
  list<kept_work> kept;
  std::shared_ptr<unique_function<void(const error&)>> uncaught_handler;
  std::unique_ptr<signal_watcher> signals;
  std::size_t references = 0;  // armed timers, open descriptors and the like that keep the loop alive
  std::size_t outside = 0;     // work that other threads do for this loop
  /// How long a loop under virtual time waits for the real world, threads and sockets, before it takes it
  /// that nothing will come.
  duration patience = std::chrono::seconds(30);
  int exit_code = 0;
  bool stopping = false;
  bool draining = false;
  std::thread::id thread = std::this_thread::get_id();

private:
  std::unique_ptr<char[]> read_buffer_;
};

}  // namespace trireme::detail
