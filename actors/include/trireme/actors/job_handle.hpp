#pragma once
#include <cstdint>
#include <trireme/actors/detail/pool_anchor.hpp>
#include <trireme/core/error.hpp>
#include <utility>

namespace trireme::actors {

namespace detail {
struct job_record;
}

/// Names one job. Copies name the same; once the job's answer is delivered, or its pool has gone, it names
/// nothing, and every call on it does nothing.
///
/// Thread: the loop's. Lifetime: may outlive job and pool.
class job_handle {
public:
  using bound_to_a_loop = void;
  job_handle() noexcept = default;

  /// Asks the job to stop. One that waits never starts and is answered with `reason`; one that runs sees it
  /// at its next check, and is answered with `reason` when it returns. The first reason wins.
  void cancel(error reason = errc::canceled) const;
  /// Whether the answer is still to come.
  bool active() const noexcept;

private:
  friend class detail::pool_core;
  job_handle(detail::pool_anchor pool, std::uint32_t number, std::uint32_t generation) noexcept
      : pool_(std::move(pool)), number_(number), generation_(generation) {}
  detail::job_record* record() const noexcept;  // null where it names nothing any more
  detail::pool_anchor pool_;
  std::uint32_t number_ = 0;
  std::uint32_t generation_ = 0;
};

}  // namespace trireme::actors
