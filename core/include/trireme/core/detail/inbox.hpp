#pragma once
#include <trireme/core/detail/job_queue.hpp>

namespace trireme::detail {

/// What other threads have for the loop. Each job runs in the poll phase as a callback of its own, followed
/// by ticks and microtasks; whatever is left when the loop goes is destroyed on the loop's thread.
///
/// Thread: `push` and `push_always` from any. Lifetime: shared; outlives the loop where a thread still holds
/// it, and then answers `closed`.
class inbox : public job_queue {
public:
  using job_queue::job_queue;
};

}  // namespace trireme::detail
