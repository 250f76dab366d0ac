#include <trireme/core/detail/blocking_pool.hpp>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <trireme/core/detail/job_queue.hpp>
#include <vector>

namespace trireme::detail {

namespace {

constexpr std::size_t default_threads = 4;
constexpr std::size_t most_threads = 1024;

std::size_t threads_of_environment() noexcept {
  const char* const text = std::getenv("TRIREME_BLOCKING_THREADS");
  if (!text) return default_threads;
  std::size_t number = 0;
  const auto read = std::from_chars(text, text + std::strlen(text), number);
  if (read.ec != std::errc() || *read.ptr != '\0' || number == 0) return default_threads;
  return std::min(number, most_threads);
}

/// A blocking call on its way to a worker and back.
class traveller final : public blocking_task, public recycled {
public:
  explicit traveller(blocking_call& call) noexcept : call_(call) {}
  ~traveller() override { call_.release(); }
  void run() override { call_.arrived(); }
  void execute(std::unique_ptr<job>& self) noexcept override {
    // Where the loop has gone it has taken back what is its own, and the task may go here.
    if (call_.execute()) static_cast<void>(call_.send_home(self));
  }

private:
  blocking_call& call_;
};

/// Threads inherit the mask: signals are the loop's business.
class all_signals_blocked {
public:
  all_signals_blocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  all_signals_blocked(const all_signals_blocked&) = delete;
  all_signals_blocked& operator=(const all_signals_blocked&) = delete;
  ~all_signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
  sigset_t before_;
};

}  // namespace

struct blocking_pool::shared_state {
  explicit shared_state(blocking_pool_options given)
      : options(std::move(given)), queue(options.queue_limit) {}

  const blocking_pool_options options;
  job_queue queue;
  std::atomic<std::size_t> outstanding{0};
  std::atomic<std::size_t> started{0};  // written under the mutex

  std::mutex mutex;  // for the start and the end of threads; no work passes it
  std::condition_variable ended;
  std::size_t running = 0;
};

blocking_pool::blocking_pool(blocking_pool_options options) {
  if (options.threads == 0) options.threads = threads_of_environment();
  state_ = std::make_shared<shared_state>(std::move(options));
}

blocking_pool::~blocking_pool() {
  close();
  std::unique_lock lock(state_->mutex);
  state_->ended.wait_for(lock, state_->options.patience, [this] { return state_->running == 0; });
}

blocking_pool& blocking_pool::shared() {
  // Never destroyed, for static objects may still hold files; closed, and its threads waited for, at exit.
  static blocking_pool& pool = *new blocking_pool();
  static const struct at_exit {
    ~at_exit() { const blocking_pool goes(pool.state_); }
  } guard;
  return pool;
}

void blocking_pool::work(shared_state& state) noexcept {
  for (;;) {
    if (std::unique_ptr<job> task = state.queue.pop()) {
      static_cast<blocking_task&>(*task).execute(task);
      task.reset();
      state.outstanding.fetch_sub(1);
    } else if (state.queue.closed() && state.queue.size() == 0) {
      return;
    } else {
      state.queue.wait();
    }
  }
}

void blocking_pool::grow(std::size_t wanted) {
  shared_state& state = *state_;
  wanted = std::min(wanted, state.options.threads);
  if (state.started.load() >= wanted) return;
  const std::lock_guard lock(state.mutex);
  const std::size_t number = state.started.load();
  if (number >= wanted) return;
  const all_signals_blocked guard;
  const std::string name = (state.options.name + "/" + std::to_string(number)).substr(0, 15);
  std::thread([kept = state_, name] {
    ::pthread_setname_np(::pthread_self(), name.c_str());
    work(*kept);
    const std::lock_guard ending(kept->mutex);
    --kept->running;
    kept->ended.notify_all();
  }).detach();
  ++state.running;
  state.started.store(number + 1);
}

posting blocking_pool::submit(std::unique_ptr<job>& task) {
  const std::size_t now = state_->outstanding.fetch_add(1) + 1;
  posting outcome = posting::closed;
  try {
    if (!state_->queue.closed()) grow(now);
    outcome = state_->queue.push(task);
  } catch (...) {
    if (state_->started.load() > 0) outcome = state_->queue.push(task);  // those that there are will do it
  }
  if (outcome != posting::posted) state_->outstanding.fetch_sub(1);
  return outcome;
}

void blocking_pool::start(blocking_call& call) {
  loop& owner = call.owner();
  owner.assert_current();
  const context_ptr& current = owner.current();
  std::unique_ptr<job> task = std::make_unique<traveller>(call);
  error refusal;
  if (current && current->stop_requested()) {
    refusal = current->stop_reason();
  } else if (const posting outcome = submit(task); outcome != posting::posted) {
    const bool full = outcome == posting::full;
    if (full) owner.counters().get("blocking_pool.full").add();
    refusal = error(make_error_code(full ? errc::full : errc::closed), "blocking_pool");
  }
  if (!refusal) return call.begin();
  call.refuse(std::move(refusal));
  call.release();
}

void blocking_pool::close() noexcept { state_->queue.close(); }
std::size_t blocking_pool::threads() const noexcept { return state_->started.load(); }
std::size_t blocking_pool::outstanding() const noexcept { return state_->outstanding.load(); }

}  // namespace trireme::detail
