#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <trireme/core/clock.hpp>

namespace trireme::actors {

namespace detail {
class pool_core;
class pool_job;
}  // namespace detail

/// A job's view of itself. A function given to a pool may take it as its first argument: `[](job_context&
/// job) {}`.
///
/// Thread: the worker that runs the job. Lifetime: the call.
class job_context {
public:
  job_context(const job_context&) = delete;
  job_context& operator=(const job_context&) = delete;

  /// Whether the job should end early; what it returns then is dropped. One load: cheap enough for inner
  /// loops.
  bool stop_requested() const noexcept { return (state_.load(std::memory_order_acquire) & stopped) != 0; }
  /// Throws `errc::canceled` where it should: for work that has much to unwind.
  void check() const;
  /// When the job must have ended, on the loop's clock; the end of time where nothing limits it. It is asked
  /// to stop then.
  time_point deadline() const noexcept { return deadline_; }
  /// The stop as a standard token, for code that wants one. Made at the first call, which costs about as much
  /// as a job. Its stop callbacks run on the loop's thread.
  std::stop_token token();
  /// Which of the pool's workers this is, from 0.
  std::size_t worker_index() const noexcept;

private:
  friend class detail::pool_core;
  friend class detail::pool_job;
  static constexpr std::uint8_t started = 1;    // set by the worker
  static constexpr std::uint8_t stopped = 2;    // set by the loop; whoever of the two comes first decides
  static constexpr std::uint8_t has_token = 4;  // set by the worker: source_ may be read

  job_context() = default;
  ~job_context() = default;
  bool claim() noexcept { return (state_.fetch_or(started, std::memory_order_acq_rel) & stopped) == 0; }
  bool request_stop() noexcept;  // true where the job had started
  /// Takes the job back where it has not started: then it never will.
  bool withdraw() noexcept {
    std::uint8_t untouched = 0;
    return state_.compare_exchange_strong(untouched, stopped, std::memory_order_acq_rel);
  }

  std::atomic<std::uint8_t> state_{0};
  std::stop_source source_{std::nostopstate};
  time_point deadline_ = time_point::max();  // constant once the job is on its way
};

/// Which of its pool's workers the calling job runs on, from 0. Outside a job it is a bug, and stops the
/// program.
std::size_t worker_index() noexcept;

}  // namespace trireme::actors
