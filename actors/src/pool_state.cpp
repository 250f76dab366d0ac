#include <trireme/actors/detail/pool_state.hpp>

#include <algorithm>
#include <limits>
#include <thread>
#include <trireme/actors/pool.hpp>
#include <trireme/core/assert.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/detail/spinner.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

std::size_t default_workers() noexcept { return std::max(2u, std::thread::hardware_concurrency()) - 1; }
constexpr std::size_t own_count = std::numeric_limits<std::size_t>::max() / 2;

}  // namespace

/// One worker: takes jobs from the shared queue and sends them home.
class pool_state::member final : public worker_body {
public:
  member(pool_state& owner, std::size_t index, polling how)
      : owner_(owner), self_{&owner, &locals_, index}, looking_(how) {}
  void start(const std::string& name) { run_ = owner_.host_.start(name, *this); }
  void join() noexcept { run_.reset(); }

  void begin() override {}
  bool step() override {
    std::unique_ptr<trireme::detail::job> job = owner_.queue_.pop();
    if (!job) return false;
    current_worker* const outer = set_this_worker(&self_);
    static_cast<pool_job&>(*job).execute();
    set_this_worker(outer);
    // Where the loop has gone first, against the contract, what belongs to it cannot be destroyed here.
    if (owner_.inbox_->push_always(job) != posting::posted) static_cast<void>(job.release());
    return true;
  }
  void wait() noexcept override {
    if (!looking_.find([this] { return owner_.queue_.size() > 0; })) owner_.queue_.wait();
  }
  bool finished() const noexcept override { return owner_.queue_.closed() && owner_.queue_.size() == 0; }
  void end() noexcept override { locals_.clear(); }

private:
  pool_state& owner_;
  worker_locals locals_;
  current_worker self_;
  trireme::detail::spinner looking_;
  std::unique_ptr<worker_run> run_;
};

// The bound on jobs is outstanding_, which the loop alone counts; the queue's own limit is out of the way.
pool_state::pool_state(loop& owner, const pool_options& options)
    : loop_(owner),
      inbox_(owner.internals().incoming),
      host_(options.host ? *options.host : thread_host()),
      limit_(options.queue_limit + (options.workers ? options.workers : default_workers())),
      progress_limit_(std::max<std::size_t>(options.progress_limit, 1)),
      full_(owner.counters().get("actors.pool.full")),
      queue_(own_count) {
  const std::size_t wanted = options.workers ? options.workers : default_workers();
  workers_.reserve(wanted);
  try {
    for (std::size_t index = 0; index < wanted; ++index) {
      workers_.push_back(std::make_unique<member>(*this, index, options.polling));
      workers_.back()->start(options.name + "/" + std::to_string(index));
    }
  } catch (...) {
    queue_.close();
    throw;
  }
}

pool_state::~pool_state() {
  loop_.assert_current();
  TRIREME_ASSERT(!inbox_->closed());  // the loop outlives its pools
  cancel_all();
  queue_.close();
  for (const auto& worker : workers_) worker->join();
  for (const slot& each : slots_) {
    if (each.job) each.job->forget_pool();
  }
  for (auto& settle : drained_) settle.reject(errc::canceled);
}

void pool_state::cancel_all() noexcept {
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    if (slots_[index].waiting) slots_[index].job->cancel(errc::canceled);
  }
}

job_handle pool_state::submit(std::unique_ptr<pool_job> job) {
  loop_.assert_current();
  const context_ptr& current = loop_.current();
  if (current && current->stop_requested()) {
    job->refuse(current->stop_reason());
  } else if (closed()) {
    job->refuse(error(make_error_code(errc::closed), "pool"));
  } else if (outstanding_ >= limit_ || husks_ > 2 * limit_) {
    full_.add();
    job->refuse(error(make_error_code(errc::full), "pool"));
  } else {
    pool_job& entered = *job;
    const job_handle handle = enter(entered);
    std::unique_ptr<trireme::detail::job> queued = std::move(job);
    static_cast<void>(queue_.push_always(queued));
    if (current) current->watch(entered);
    return handle;
  }
  return {};
}

job_handle pool_state::enter(pool_job& job) {
  if (free_slots_.empty()) {
    slots_.emplace_back();
    free_slots_.reserve(slots_.capacity());  // so that `leave` cannot fail
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
  }
  const std::uint32_t number = free_slots_.back();
  free_slots_.pop_back();
  slot& taken = slots_[number];
  taken.job = &job;
  taken.waiting = true;
  job.pool_ = this;
  job.slot_ = number;
  if (outstanding_++ == 0) work_ = pending_work(loop_);
  return job_handle(*this, number, taken.generation);
}

void pool_state::answered(pool_job& job) noexcept {
  slot& its = slots_[job.slot_];
  its.waiting = false;
  ++its.generation;
  if (--outstanding_ == 0) {
    work_ = pending_work();
    for (auto& settle : std::exchange(drained_, {})) settle.resolve();
  }
  if (!job.answered()) return;
  ++husks_;
  if (++husks_since_sweep_ >= limit_) sweep();
}

void pool_state::leave(pool_job& job) noexcept {
  slot& its = slots_[job.slot_];
  if (its.waiting) {
    answered(job);
  } else {
    --husks_;
  }
  its.job = nullptr;
  job.pool_ = nullptr;
  free_slots_.push_back(job.slot_);
}

// Workers that are all busy leave canceled jobs lying; taking the queue through once drops them, in order.
void pool_state::sweep() {
  husks_since_sweep_ = 0;
  for (std::size_t left = queue_.size(); left > 0; --left) {
    std::unique_ptr<trireme::detail::job> taken = queue_.pop();
    if (!taken) return;
    pool_job& seen = static_cast<pool_job&>(*taken);
    if (seen.answered()) {
      leave(seen);
    } else {
      static_cast<void>(queue_.push_always(taken));
    }
  }
}

void pool_state::close() noexcept {
  loop_.assert_current();
  queue_.close();
}

promise<void> pool_state::drained() {
  if (outstanding_ == 0) return promise<void>::resolved(loop_);
  auto [settled, settle] = make_promise<void>(loop_);
  drained_.push_back(std::move(settle));
  return std::move(settled);
}

pool_job* pool_state::find(std::uint32_t slot, std::uint32_t generation) const noexcept {
  const auto& its = slots_[slot];
  return its.waiting && its.generation == generation ? its.job : nullptr;
}

}  // namespace trireme::actors::detail
