#pragma once
#include <algorithm>
#include <cstdint>
#include <trireme/core/polling.hpp>

namespace trireme::detail {

/// Looks for work before a sleep, as `polling` says.
///
/// Thread: its sleeper's.
class spinner {
public:
  explicit spinner(polling how) noexcept;

  /// True as soon as `ready` is; false where it is time to sleep.
  template <class Ready>
  bool find(Ready ready, duration at_most = duration::max()) noexcept {
    if (!worth_it()) return false;
    if (ready()) return found();
    const time_point end = std::chrono::steady_clock::now() + std::min(how_.budget(), at_most);
    do {
      for (int look = 0; look < looks_a_clock_read; ++look) {
        if (ready()) return found();
        relax();
      }
    } while (std::chrono::steady_clock::now() < end);
    return in_vain();
  }

private:
  static constexpr int looks_a_clock_read = 32;
  static constexpr std::uint32_t most_skipped = 1024;

  static void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  bool worth_it() noexcept {
    if (how_.budget() <= duration::zero()) return false;
    if (skipped_ == 0) return true;
    --skipped_;
    return false;
  }
  bool found() noexcept {
    skip_next_ = 0;
    return true;
  }
  bool in_vain() noexcept {
    if (!how_.adapts()) return false;
    skip_next_ = std::min(skip_next_ * 2 + 1, most_skipped);
    skipped_ = skip_next_;
    return false;
  }

  polling how_;
  std::uint32_t skip_next_ = 0;
  std::uint32_t skipped_ = 0;  // how many sleeps to go before the next look
};

}  // namespace trireme::detail
