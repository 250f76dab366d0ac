#pragma once
#include <atomic>
#include <cstddef>
#include <optional>
#include <trireme/core/clock.hpp>

namespace trireme::detail {

/// Wakes threads that sleep for want of something to do: one write for each sleeper that must wake, none
/// where nobody sleeps. One bell may hang over several queues.
///
/// Thread: `ring`, `ring_all` and `native_handle` from any; the rest from sleepers.
/// Order: what happened before `ring` is seen by the sleeper that it wakes, or by `nothing_waits`, whichever
/// comes second: both sides write first and read then.
class bell {
public:
  /// Throws `error` where the process is out of descriptors.
  bell();
  bell(const bell&) = delete;
  bell& operator=(const bell&) = delete;
  ~bell();

  /// After something was put where sleepers look.
  void ring() noexcept {
    if (asleep_.load() > 0) wake_one();
  }
  /// Until nobody sleeps.
  void ring_all() noexcept;

  /// Says that the caller is about to sleep. False where there is something to do after all: then it must not
  /// sleep, and need not call `awake`.
  template <class Quiet>
  bool about_to_sleep(Quiet nothing_waits) noexcept {
    asleep_.fetch_add(1);
    if (nothing_waits()) return true;
    awake();
    return false;
  }
  /// The caller, which was told to sleep, no longer does. Where a ring has woken it already its token stays:
  /// a spurious wake-up later, never a lost one.
  void awake() noexcept { withdraw(); }
  /// Sleeps until a ring, for a caller that was told to. With a limit in time the caller must be the bell's
  /// only sleeper.
  void wait(std::optional<duration> at_most = std::nullopt) noexcept;
  /// Turns readable once for each sleeper that must wake; need not be read where watched edge-triggered.
  int native_handle() const noexcept { return wake_; }

private:
  void wake_one() noexcept;
  bool withdraw() noexcept;

  const int wake_;
  std::atomic<std::size_t> asleep_{0};
};

}  // namespace trireme::detail
