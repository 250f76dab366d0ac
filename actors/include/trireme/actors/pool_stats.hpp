#pragma once
#include <cstddef>
#include <string>
#include <trireme/core/clock.hpp>
#include <trireme/core/histogram.hpp>

namespace trireme::actors {

/// How long jobs waited, from their submission to their start, and how long they ran. One that was
/// stopped while it ran counts, one that never started does not. For a window that can be reset:
/// `histogram_window`.
///
/// Thread: reading any. Lifetime: the pool's.
struct job_times {
  histogram wait;
  histogram run;
};

/// A running job that was asked to stop and has not returned.
struct ignored_stop {
  std::string job;     ///< its name, or its function's type
  std::size_t worker;  ///< which of the pool's workers it holds
  duration since;      ///< how long ago it was asked
};

}  // namespace trireme::actors
