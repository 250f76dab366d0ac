#include <algorithm>
#include <trireme/actors/detail/pool_core.hpp>
#include <trireme/actors/detail/pool_worker.hpp>
#include <trireme/core/detail/prefetch.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

constexpr std::size_t ahead = 8;  // so many jobs' memory is under way

/// Says that a worker has ended.
struct ended_worker final : arrival {
  ended_worker(pool_core& owner, std::size_t which) noexcept : pool(owner), index(which) {}
  void run() override { pool.worker_ended(index); }
  const context_ptr& context() const noexcept override { return none; }
  pool_core& pool;
  std::size_t index;
  context_ptr none;
};

}  // namespace

pool_worker::pool_worker(pool_core& owner, std::size_t index, done_count& done, polling how)
    : owner_(owner),
      lane_(no_limit),
      from_loop_(lane_),
      done_(done),
      to_loop_(owner.messages()),
      looking_(how),
      self_{&owner, this, &locals_, index} {}

bool pool_worker::step() {
  if (next_ == fetched_ && !fetch()) return false;
  current_worker* const outer = set_this_worker(&self_);
  do_next();
  set_this_worker(outer);
  return true;
}

bool pool_worker::fetch() noexcept {
  next_ = 0;
  fetched_ = lane_.pop_many(desk_.data(), desk_.size());
  now_ = owner_.worker_time();
  for (std::size_t each = 0; each < std::min(ahead, fetched_); ++each)
    trireme::detail::prefetch_to_write<2>(desk_[each]);
  return fetched_ > 0;
}

// Once it is counted a job may be gone.
void pool_worker::do_next() {
  auto& job = static_cast<pool_job&>(*desk_[next_++]);
  if (next_ + ahead <= fetched_) trireme::detail::prefetch_to_write<2>(desk_[next_ + ahead - 1]);
  job.run();
  const time_point begun = std::exchange(now_, owner_.worker_time());
  job.ran(begun, now_);
  done_.fetch_add(1);
  owner_.notify();
}

void pool_worker::send_home(std::unique_ptr<trireme::detail::job> message) noexcept {
  // The pool closes its queue never, so that this is not refused.
  static_cast<void>(to_loop_.push_always(message));
  owner_.notify();
}

void pool_worker::end() noexcept {
  locals_.clear();
  send_home(std::make_unique<ended_worker>(owner_, self_.index));
}

}  // namespace trireme::actors::detail
