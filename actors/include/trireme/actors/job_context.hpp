#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stop_token>

namespace trireme::actors {

namespace detail {
class pool_job;
}

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
  /// The same as a standard token, for code that wants one. Made at the first call, which costs about as much
  /// as a job. Its stop callbacks run on the loop's thread.
  std::stop_token token();
  /// Which of the pool's workers this is, from 0.
  std::size_t worker_index() const noexcept;

private:
  friend class detail::pool_job;
  static constexpr std::uint8_t started = 1;    // set by the worker
  static constexpr std::uint8_t stopped = 2;    // set by the loop; whoever of the two comes first decides
  static constexpr std::uint8_t has_token = 4;  // set by the worker: source_ may be read

  job_context() = default;
  ~job_context() = default;
  bool claim() noexcept { return (state_.fetch_or(started, std::memory_order_acq_rel) & stopped) == 0; }
  bool request_stop() noexcept;  // true where the job had started

  std::atomic<std::uint8_t> state_{0};
  std::stop_source source_{std::nostopstate};
};

/// Which of its pool's workers the calling job runs on, from 0. Outside a job it is a bug, and stops the
/// program.
std::size_t worker_index() noexcept;

}  // namespace trireme::actors
