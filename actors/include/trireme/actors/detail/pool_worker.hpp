#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <trireme/actors/detail/pool_job.hpp>
#include <trireme/actors/detail/worker_locals.hpp>
#include <trireme/actors/worker_host.hpp>
#include <trireme/core/detail/job_queue.hpp>
#include <trireme/core/detail/spinner.hpp>
#include <trireme/core/polling.hpp>

namespace trireme::actors::detail {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max() / 2;

/// How many jobs of a lane are done. They are done in the order handed over, so that this number is all that
/// the loop needs to hear; it may wrap.
using done_count = std::atomic<std::uint32_t>;

/// One worker of a pool: does what the loop hands to it, in that order, and counts.
class pool_worker final : public worker_body {
public:
  pool_worker(pool_core& owner, std::size_t index, done_count& done, polling how);
  pool_worker(const pool_worker&) = delete;
  pool_worker& operator=(const pool_worker&) = delete;
  ~pool_worker() { run_.reset(); }  // waits for the thread, which was told to end

  // The loop's thread.
  void start(worker_host& host, const std::string& name) { run_ = host.start(name, *this); }
  void push(trireme::detail::job** jobs, std::size_t many) {
    static_cast<void>(from_loop_.push_many_always(jobs, many));
  }
  /// The worker ends once it has done what it was handed.
  void close() noexcept { lane_.close(); }

  // The worker's thread.
  void send_home(std::unique_ptr<trireme::detail::job> message) noexcept;
  void begin() override {}
  bool step() override;
  void wait() noexcept override {
    if (!looking_.find([this] { return lane_.size() > 0 || lane_.closed(); })) lane_.wait();
  }
  bool finished() const noexcept override { return next_ == fetched_ && lane_.closed() && lane_.size() == 0; }
  void end() noexcept override;

private:
  bool fetch() noexcept;
  void do_next();

  pool_core& owner_;
  trireme::detail::lent_job_queue lane_;
  trireme::detail::lent_job_queue::producer from_loop_;
  std::unique_ptr<worker_run> run_;

  alignas(64) done_count& done_;
  trireme::detail::job_queue::producer to_loop_;
  worker_locals locals_;
  trireme::detail::spinner looking_;
  current_worker self_;
  time_point now_{};
  // Jobs come out of the lane by the handful.
  std::size_t next_ = 0;
  std::size_t fetched_ = 0;
  std::array<trireme::detail::job*, 64> desk_;
};

}  // namespace trireme::actors::detail
