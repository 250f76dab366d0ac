#pragma once
#include <trireme/core/clock.hpp>

namespace trireme::testing {

/// Time that passes only when a loop would wait: then it jumps to the next deadline.
///
/// Thread: its loop's. Lifetime: outlives the loop. Starts at the clock's epoch unless told otherwise.
class virtual_clock final : public clock {
public:
  explicit virtual_clock(time_point start = {}) noexcept : now_(start) {}
  time_point now() override { return now_; }
  bool jumps() const override { return true; }
  /// Never goes back.
  void advance_to(time_point when) override {
    if (when > now_) now_ = when;
  }
  /// For a test that lets time pass by hand, while a callback runs for instance.
  void advance(duration by) { advance_to(now_ + by); }

private:
  time_point now_;
};

}  // namespace trireme::testing
