#pragma once
#include <cstdint>
#include <trireme/core/error.hpp>

namespace trireme::actors {

namespace detail {
class pool_state;
}

/// Names one job. Copies name the same; once the job's answer is delivered it names nothing, and every call
/// on it does nothing.
///
/// Thread: the loop's. Lifetime: may outlive the job, not the pool.
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
  friend class detail::pool_state;
  job_handle(detail::pool_state& owner, std::uint32_t slot, std::uint32_t generation) noexcept
      : owner_(&owner), slot_(slot), generation_(generation) {}
  detail::pool_state* owner_ = nullptr;
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

}  // namespace trireme::actors
