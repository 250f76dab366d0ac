#include <trireme/core/histogram.hpp>

#include <gtest/gtest.h>

namespace trireme {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, IsAllZeroWhereNothingWasRecorded) {
  const histogram empty;
  EXPECT_EQ(empty.summary().count, 0u);
  EXPECT_EQ(empty.summary().p99, 0ns);
}

TEST(Histogram, GivesQuantilesWithinASixteenthAbove) {
  histogram times;
  for (int each = 1; each <= 1'000; ++each) times.record(each * 1us);
  const histogram_summary seen = times.summary();
  EXPECT_EQ(seen.count, 1'000u);
  EXPECT_EQ(seen.mean, 500'500ns);
  const auto is_about = [](duration measured, duration truth) {
    return measured >= truth && measured <= truth + truth / 16;
  };
  EXPECT_TRUE(is_about(seen.p50, 500us)) << seen.p50.count();
  EXPECT_TRUE(is_about(seen.p90, 900us)) << seen.p90.count();
  EXPECT_TRUE(is_about(seen.p99, 990us)) << seen.p99.count();
  EXPECT_TRUE(is_about(seen.most, 1ms)) << seen.most.count();
}

TEST(Histogram, KeepsSmallTimesExactAndLargeOnesInItsLastBucket) {
  histogram times;
  times.record(7ns);
  EXPECT_EQ(times.summary().most, 7ns);
  times.record(-5ns);
  EXPECT_EQ(times.summary().p50, 0ns);
  times.record(48h);
  EXPECT_GE(times.summary().most, 1h);
}

TEST(Histogram, PutsEveryTimeIntoTheBucketThatEndsAtItOrNextAfterIt) {
  using buckets = detail::histogram_buckets;
  for (duration time = 1ns; time < 30min; time += time / 7 + 1ns) {
    const std::size_t which = buckets::of(time);
    EXPECT_GE(buckets::upper_end(which), time);
    EXPECT_LT(buckets::upper_end(which - 1), time);
  }
}

// kiva/ui#5647: figures of the last minute, not of the month.
TEST(HistogramWindow, SeesWhatCameSinceItWasOpenedOrReset) {
  histogram times;
  times.record(1s);
  histogram_window window(times);
  histogram_window other(times);
  times.record(10ns);
  EXPECT_EQ(window.read().count, 1u);
  EXPECT_EQ(window.read().most, 10ns);
  window.reset();
  EXPECT_EQ(window.read().count, 0u);
  times.record(12ns);
  EXPECT_EQ(window.read().mean, 12ns);
  EXPECT_EQ(other.read().count, 2u) << "windows do not disturb each other";
  EXPECT_EQ(times.summary().count, 3u);
}

}  // namespace
}  // namespace trireme
