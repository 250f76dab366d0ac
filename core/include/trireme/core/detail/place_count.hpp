#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>

namespace trireme::detail {

/// How many places are taken, up to a limit. Who takes and who gives back have a count and a cache line each:
/// neither waits for the other's.
///
/// Thread: any. Order: who reads `taken` after a take of its own sees every one before it, or the other does.
class place_count {
public:
  explicit place_count(std::size_t limit) noexcept : limit_(limit) {}

  /// False where there is none; then none was taken, though others may have seen so for a moment.
  bool take() noexcept {
    if (fits(taken_.fetch_add(1))) return true;
    withdraw();
    return false;
  }
  /// Past the limit too.
  void take_always(std::size_t many = 1) noexcept { taken_.fetch_add(many); }
  /// By who took them.
  void withdraw(std::size_t many = 1) noexcept { taken_.fetch_sub(many); }
  void give_back(std::size_t many = 1) noexcept { given_back_.fetch_add(many); }

  std::size_t taken() const noexcept {
    const std::size_t given_back = given_back_.load();  // first: so it is never more than what was taken
    return taken_.load() - given_back;
  }

private:
  // What was given back is looked up only where that decides.
  bool fits(std::size_t before) noexcept {
    const auto below_limit = [&](std::size_t given_back) {
      const auto waiting = static_cast<std::ptrdiff_t>(before - given_back);  // negative: more came and went
      return static_cast<std::size_t>(std::max(waiting, std::ptrdiff_t{0})) < limit_;
    };
    if (below_limit(seen_given_back_.load(std::memory_order_relaxed))) return true;
    const std::size_t given_back = given_back_.load();
    seen_given_back_.store(given_back, std::memory_order_relaxed);
    return below_limit(given_back);
  }

  alignas(64) std::atomic<std::size_t> taken_{0};
  std::atomic<std::size_t> seen_given_back_{0};  // by takers; never more than there are
  const std::size_t limit_;
  alignas(64) std::atomic<std::size_t> given_back_{0};
};

}  // namespace trireme::detail
