#include <trireme/actors/pool_stats.hpp>

#include <stdexcept>

#include "pool_fixture.hpp"

namespace trireme::actors {
namespace {

using trireme::testing::order;
using namespace std::chrono_literals;

class PoolStats : public testing::by_hand {
protected:
  static bool is_about(duration measured, duration truth) {
    return measured >= truth && measured <= truth + truth / 16;
  }
};

TEST_F(PoolStats, TellHowLongJobsWaitedAndRan) {
  pool& subject = make(options());
  subject.run_then(nobody(), job("first", 8ms));
  subject.run_then(nobody(), job("second", 2ms));
  host.settle(loop);
  const histogram_summary ran = subject.times().run.summary();
  const histogram_summary waited = subject.times().wait.summary();
  EXPECT_EQ(ran.count, 2u);
  EXPECT_EQ(ran.mean, 5ms);
  EXPECT_TRUE(is_about(ran.most, 8ms));
  EXPECT_EQ(waited.p50, 0ns);
  EXPECT_TRUE(is_about(waited.most, 8ms)) << "for the first";
}

TEST_F(PoolStats, AreKeptForEachNameToo) {
  pool& subject = make(options());
  EXPECT_EQ(subject.times("named"), nullptr);
  subject.with(job_options().named("named")).run_then(nobody(), job("1", 1ms));
  subject.run_then(nobody(), job("2", 5ms));
  host.settle(loop);
  ASSERT_NE(subject.times("named"), nullptr);
  EXPECT_EQ(subject.times("named")->run.summary().mean, 1ms);
}

TEST_F(PoolStats, CanBeReadInWindows) {  // kiva/ui#5647
  pool& subject = make(options());
  subject.run_then(nobody(), job("before", 9ms));
  host.settle(loop);
  histogram_window window(subject.times().run);
  subject.run_then(nobody(), job("after", 1ms));
  host.settle(loop);
  EXPECT_EQ(window.read().count, 1u);
  EXPECT_EQ(window.read().mean, 1ms);
  window.reset();
  EXPECT_EQ(window.read().count, 0u);
}

TEST_F(PoolStats, LeaveOutWhatNeverStarted) {
  pool& subject = make(options());
  subject.run_then(nobody(), [] {});
  subject.run_then(nobody(), [] {}).cancel();
  host.settle(loop);
  EXPECT_EQ(subject.times().run.summary().count, 1u);
}

TEST_F(PoolStats, AreKeptByWhatANameSaysNotWhereItLies) {
  pool& subject = make(options());
  static const char one[] = "page";
  static const char other[] = "page";
  subject.with(job_options().named(one)).run_then(nobody(), [] {});
  subject.with(job_options().named(other)).run_then(nobody(), [] {});
  host.settle(loop);
  EXPECT_EQ(subject.times("page")->run.summary().count, 2u);
}

TEST_F(PoolStats, CountOneThatWasStoppedWhileItRan) {
  pool& subject = make(options());
  job_handle handle;
  handle = subject.with(job_options().named("stopped")).run_then(nobody(), [&] {
    handle.cancel();
    loop.time().advance(3ms);
  });
  host.settle(loop);
  EXPECT_EQ(subject.times().run.summary().mean, 3ms);
  EXPECT_EQ(subject.times().wait.summary().count, 1u);
  EXPECT_EQ(subject.times("stopped")->run.summary().count, 1u);
}

}  // namespace
}  // namespace trireme::actors
