#pragma once
#include <chrono>

namespace trireme {

/// Spans of time. Any `std::chrono` duration converts to it.
using duration = std::chrono::nanoseconds;
/// Points on the loop's clock; only differences mean anything.
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// The one seam through which a loop learns the time and passes it. The default reads `steady_clock` and lets
/// the kernel wait; `testing::virtual_clock` jumps instead, so that tests never sleep.
///
/// Thread: used by its loop's thread only.
/// Lifetime: outlives the loop.
class clock {
public:
  virtual ~clock() = default;
  virtual time_point now() = 0;
  /// True where waiting means jumping: the loop polls with no time-out and calls `advance_to` instead of
  /// sleeping.
  virtual bool jumps() const { return false; }
  virtual void advance_to(time_point) {}
};

/// The process's steady clock, shared by every loop that is given no other.
clock& steady_clock();

}  // namespace trireme
