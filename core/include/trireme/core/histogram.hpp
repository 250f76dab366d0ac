#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <trireme/core/clock.hpp>

namespace trireme {

/// What a histogram says of the times it was given. Quantiles are upper bounds, at most 1/16 above the truth,
/// but never more than 73 minutes; all is zero where nothing was recorded.
struct histogram_summary {
  std::uint64_t count = 0;
  duration mean{};
  duration p50{};
  duration p90{};
  duration p99{};
  duration most{};
};

namespace detail {

/// Sixteen buckets for each power of two of nanoseconds, the last for an hour and all beyond.
struct histogram_buckets {
  static constexpr std::size_t count = 16 + 16 * 38;
  static std::size_t of(duration time) noexcept {
    if (time.count() < 16) return static_cast<std::size_t>(std::max<duration::rep>(time.count(), 0));
    const auto nanoseconds = static_cast<std::uint64_t>(time.count());
    const auto shift = static_cast<unsigned>(std::bit_width(nanoseconds)) - 5;  // leaves 16 to 31
    return std::min<std::size_t>(16 * shift + (nanoseconds >> shift), count - 1);
  }
  /// The longest time that the bucket is for.
  static duration upper_end(std::size_t bucket) noexcept;
};

using bucket_counts = std::array<std::uint64_t, histogram_buckets::count>;

}  // namespace detail

/// Counts how long things took, each time to about six percent, in 5 KiB.
///
/// Thread: `record` one, reading any; a reader may miss what is being recorded. Lifetime: outlives its
/// windows.
class histogram {
public:
  histogram() = default;
  histogram(const histogram&) = delete;
  histogram& operator=(const histogram&) = delete;

  /// A few nanoseconds; never allocates. A negative time counts as zero.
  void record(duration time) noexcept {
    add(counts_[detail::histogram_buckets::of(time)], 1);
    add(sum_, static_cast<std::uint64_t>(time.count() > 0 ? time.count() : 0));
  }
  /// Of all that was recorded since it was made.
  histogram_summary summary() const noexcept;

private:
  friend class histogram_window;
  static void add(std::atomic<std::uint64_t>& number, std::uint64_t amount) noexcept {
    number.store(number.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, detail::histogram_buckets::count> counts_{};
  std::atomic<std::uint64_t> sum_{
      0};  // nanoseconds; one writer, so that neither needs to be exact in between
};

/// What came to a histogram since the window was opened, or reset. Any number of windows may look at one
/// histogram; none disturbs another.
///
/// Thread: one at a time.
class histogram_window {
public:
  explicit histogram_window(const histogram& source) : source_(source) { reset(); }

  histogram_summary read() const noexcept;
  /// The window begins anew, empty.
  void reset() noexcept;

private:
  const histogram& source_;
  detail::bucket_counts before_{};
  std::uint64_t sum_before_ = 0;
};

}  // namespace trireme
