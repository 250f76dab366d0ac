#include <trireme/core/detail/blocking_pool.hpp>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
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
  bool execute() noexcept override { return call_.execute(); }
  void go_home(std::unique_ptr<job>& self) noexcept override {
    // Where the loop has gone it has taken back what is its own, and the task may go here.
    static_cast<void>(call_.send_home(self));
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
  std::unique_ptr<job> slow_ended() noexcept;

  const blocking_pool_options options;
  job_queue queue;
  std::atomic<std::size_t> outstanding{0};
  std::atomic<std::size_t> started{0};  // written under the mutex

  std::mutex slow_mutex;  // taken before `mutex`; quick work passes neither
  std::size_t slow_under_way = 0;
  std::deque<std::unique_ptr<job>> slow_waiting;  // none unless as many are under way as may

  std::mutex mutex;  // for the start and the end of threads
  std::condition_variable ended;
  std::size_t running = 0;
};

/// Gives the place of a slow task to the next, which goes behind what is queued; where no more is queued, it
/// is returned.
std::unique_ptr<job> blocking_pool::shared_state::slow_ended() noexcept {
  const std::lock_guard lock(slow_mutex);
  if (slow_waiting.empty()) {
    --slow_under_way;
    return nullptr;
  }
  std::unique_ptr<job> next = std::move(slow_waiting.front());
  slow_waiting.pop_front();
  static_cast<void>(queue.push_always(next));
  return next;
}

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

/// It no longer counts when the loop hears of it, or the loop's next work would start a thread it does not
/// need.
void blocking_pool::perform(shared_state& state, std::unique_ptr<job> task) noexcept {
  while (task) {
    auto& here = static_cast<blocking_task&>(*task);
    const bool answers = here.execute();
    state.outstanding.fetch_sub(1);
    std::unique_ptr<job> next = here.slow ? state.slow_ended() : nullptr;
    if (answers) here.go_home(task);
    task = std::move(next);
  }
}

void blocking_pool::work(shared_state& state) noexcept {
  for (;;) {
    if (std::unique_ptr<job> task = state.queue.pop()) {
      perform(state, std::move(task));
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

posting blocking_pool::submit_slow(std::unique_ptr<job>& task) {
  shared_state& state = *state_;
  const std::lock_guard lock(state.slow_mutex);
  static_cast<blocking_task&>(*task).slow = true;
  if (state.slow_under_way < (state.options.threads + 1) / 2) {
    const posting outcome = submit(task);
    if (outcome == posting::posted) ++state.slow_under_way;
    return outcome;
  }
  if (state.queue.closed()) return posting::closed;
  if (state.slow_waiting.size() >= state.options.queue_limit) return posting::full;
  state.slow_waiting.push_back(std::move(task));
  state.outstanding.fetch_add(1);
  return posting::posted;
}

void blocking_pool::start(blocking_call& call, kind how) {
  loop& owner = call.owner();
  owner.assert_current();
  const context_ptr& current = owner.current();
  std::unique_ptr<job> task = std::make_unique<traveller>(call);
  error refusal;
  if (current && current->stop_requested()) {
    refusal = current->stop_reason();
  } else if (const posting outcome = how == kind::slow ? submit_slow(task) : submit(task);
             outcome != posting::posted) {
    const bool full = outcome == posting::full;
    if (full) owner.counters().get("blocking_pool.full").add();
    refusal = error(make_error_code(full ? errc::full : errc::closed), "blocking_pool");
  }
  if (!refusal) return call.begin(how == kind::slow ? keeps_alive::no : keeps_alive::yes);
  call.refuse(std::move(refusal));
  call.release();
}

void blocking_pool::close() noexcept { state_->queue.close(); }
std::size_t blocking_pool::threads() const noexcept { return state_->started.load(); }
std::size_t blocking_pool::outstanding() const noexcept { return state_->outstanding.load(); }

}  // namespace trireme::detail
