#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <trireme/actors/detail/pool_job.hpp>
#include <trireme/actors/detail/worker_locals.hpp>
#include <trireme/actors/job_handle.hpp>
#include <trireme/actors/worker_host.hpp>
#include <trireme/core/counters.hpp>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <vector>

namespace trireme::actors {

struct pool_options;

namespace detail {

/// What a pool's workers share with its loop. Outlives the workers.
class pool_state {
public:
  pool_state(loop& owner, const pool_options& options);
  pool_state(const pool_state&) = delete;
  pool_state& operator=(const pool_state&) = delete;
  ~pool_state();

  // Constant after construction.
  loop& owner() const noexcept { return loop_; }
  std::size_t workers() const noexcept { return workers_.size(); }
  std::size_t progress_limit() const noexcept { return progress_limit_; }
  bool may_block() const noexcept { return host_.may_block(); }
  trireme::detail::inbox& inbox() const noexcept { return *inbox_; }

  // The loop's thread.
  job_handle submit(std::unique_ptr<pool_job> job);
  void close() noexcept;
  bool closed() const noexcept { return queue_.closed(); }
  promise<void> drained();
  std::size_t outstanding() const noexcept { return outstanding_; }
  std::size_t next_local() noexcept { return locals_++; }
  pool_job* find(std::uint32_t slot, std::uint32_t generation) const noexcept;

private:
  friend class pool_job;
  class member;
  struct slot {
    pool_job* job = nullptr;
    std::uint32_t generation = 0;
    bool waiting = false;  // in use, and still to be answered
  };

  job_handle enter(pool_job& job);
  void answered(pool_job& job) noexcept;  // one fewer is outstanding
  void leave(pool_job& job) noexcept;     // its memory has come back
  void sweep();
  void cancel_all() noexcept;

  loop& loop_;
  const std::shared_ptr<trireme::detail::inbox> inbox_;
  worker_host& host_;
  const std::size_t limit_;
  const std::size_t progress_limit_;
  counter& full_;
  trireme::detail::job_queue queue_;

  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::size_t outstanding_ = 0;
  std::size_t husks_ = 0;  // canceled and answered, their memory still under way
  std::size_t husks_since_sweep_ = 0;
  std::size_t locals_ = 0;
  pending_work work_;  // while something is outstanding
  std::vector<resolver<void>> drained_;

  std::vector<std::unique_ptr<member>> workers_;  // last: they use all of the above
};

}  // namespace detail
}  // namespace trireme::actors
