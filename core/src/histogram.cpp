#include <trireme/core/histogram.hpp>

#include <algorithm>

namespace trireme {

namespace detail {

duration histogram_buckets::upper_end(std::size_t bucket) noexcept {
  if (bucket < 32) return duration(bucket);
  const std::size_t shift = bucket / 16 - 1;
  const std::uint64_t first = (16 + bucket % 16) << shift;
  return duration(first + (std::uint64_t{1} << shift) - 1);
}

namespace {

duration quantile(const bucket_counts& counts, std::uint64_t all, unsigned percent) noexcept {
  std::uint64_t left = std::max<std::uint64_t>(1, (all * percent + 99) / 100);
  for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
    if (counts[bucket] >= left) return histogram_buckets::upper_end(bucket);
    left -= counts[bucket];
  }
  return {};
}

histogram_summary summarize(const bucket_counts& counts, std::uint64_t sum) noexcept {
  histogram_summary made;
  for (const std::uint64_t each : counts) made.count += each;
  if (made.count == 0) return made;
  made.mean = duration(sum / made.count);
  made.p50 = quantile(counts, made.count, 50);
  made.p90 = quantile(counts, made.count, 90);
  made.p99 = quantile(counts, made.count, 99);
  made.most = quantile(counts, made.count, 100);
  return made;
}

}  // namespace
}  // namespace detail

histogram_summary histogram::summary() const noexcept {
  detail::bucket_counts counts;
  for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
    counts[bucket] = counts_[bucket].load(std::memory_order_relaxed);
  }
  return detail::summarize(counts, sum_.load(std::memory_order_relaxed));
}

histogram_summary histogram_window::read() const noexcept {
  detail::bucket_counts since;
  for (std::size_t bucket = 0; bucket < since.size(); ++bucket) {
    since[bucket] = source_.counts_[bucket].load(std::memory_order_relaxed) - before_[bucket];
  }
  return detail::summarize(since, source_.sum_.load(std::memory_order_relaxed) - sum_before_);
}

void histogram_window::reset() noexcept {
  for (std::size_t bucket = 0; bucket < before_.size(); ++bucket) {
    before_[bucket] = source_.counts_[bucket].load(std::memory_order_relaxed);
  }
  sum_before_ = source_.sum_.load(std::memory_order_relaxed);
}

}  // namespace trireme
