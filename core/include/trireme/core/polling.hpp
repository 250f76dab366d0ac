#pragma once
#include <trireme/core/clock.hpp>

namespace trireme {

/// How long a thread that ran out of work looks for more before it sleeps. A round trip between two sleepers
/// takes 25 µs and more; between two that look it takes less than one.
///
/// Whatever it says, a thread looks once for each time that it would sleep, and then sleeps for as long as
/// nothing comes: an idle process uses no CPU.
class polling {
public:
  /// 20 µs, and less and less often while it finds nothing, down to one sleep in 1,024.
  constexpr polling() noexcept : polling(std::chrono::microseconds(20), true) {}
  static constexpr polling automatic() noexcept { return {}; }
  /// Sleeps at once.
  static constexpr polling off() noexcept { return {duration::zero(), false}; }
  /// Looks for this long before every sleep, found something or not.
  static constexpr polling up_to(duration most) noexcept { return {most, false}; }

  constexpr duration budget() const noexcept { return budget_; }
  constexpr bool adapts() const noexcept { return adapts_; }

private:
  constexpr polling(duration budget, bool adapts) noexcept : budget_(budget), adapts_(adapts) {}
  duration budget_;
  bool adapts_;
};

}  // namespace trireme
