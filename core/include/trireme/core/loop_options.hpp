#pragma once
#include <cstddef>
#include <trireme/core/clock.hpp>
#include <trireme/core/polling.hpp>

namespace trireme {

/// What a loop may be given at birth.
struct loop_options {
  loop_options() {}
  /// Where time comes from. Outlives the loop.
  trireme::clock* clock = &steady_clock();
  /// How many callbacks of other threads may wait. `post` answers `full` beyond it, counted as
  /// "loop.inbox_full".
  std::size_t inbox_limit = 1 << 20;
  /// How long the loop looks for answers of other threads before it sleeps, while any work for it
  /// (`pending_work`). Not under a virtual clock.
  trireme::polling polling;
  /// The shortest delay of a timer. Node's is 1 ms; here zero is zero.
  duration timer_clamp{0};
  /// After how many ticks and microtasks in one go the loop reports that the phases starve; 0: never.
  std::size_t report_drain_after = 100'000;
  /// After how many it lets the phases run before it goes on with the rest; 0: never, as in Node.
  std::size_t yield_drain_after = 0;
};

}  // namespace trireme
