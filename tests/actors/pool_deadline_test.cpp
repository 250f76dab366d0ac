#include <trireme/actors/job_options.hpp>

#include <chrono>
#include <functional>
#include <trireme/core/context.hpp>
#include <trireme/core/loop.hpp>

#include "pool_fixture.hpp"

// What becomes of a job that must end by then: waiting, running, back.

namespace trireme::actors {
namespace {

using trireme::testing::order;
using namespace std::chrono_literals;

const std::string late = ": " + error(errc::timed_out).message();

class PoolDeadline : public testing::by_hand {
protected:
  /// Keeps the only worker busy until `host.step()`.
  void occupy() {
    workers->run_then(nobody(), [] {});
  }
};

TEST_F(PoolDeadline, AnswersAJobThatStillWaitsAtItsDeadline) {
  pool& subject = make(options());
  occupy();
  subject.with(job_options().within(5ms)).run_then(note("late"), job("late"));
  loop.time().advance(5ms);
  loop.poll();
  EXPECT_EQ(log, (order{"late" + late}));
  host.settle(loop);
  EXPECT_EQ(log.events().size(), 1u) << "it never ran";
}

TEST_F(PoolDeadline, DoesNotStartWhatCannotEndInTimeByHowLongItsLikeTook) {
  pool& subject = make(options());
  subject.with(job_options().named("slow")).run_then(note("first"), job("first", 10ms));
  host.settle(loop);
  subject.with(job_options().named("slow").within(9ms)).run_then(note("hopeless"), job("hopeless"));
  EXPECT_EQ(subject.outstanding(), 0u) << "known at once";
  subject.with(job_options().named("slow").within(11ms)).run_then(note("feasible"), job("feasible", 10ms));
  host.settle(loop);
  EXPECT_EQ(log, (order{"run first", "first", "hopeless" + late, "run feasible", "feasible"}));
  EXPECT_EQ(loop.counters().get("actors.pool.expired").value(), 1);
}

TEST_F(PoolDeadline, DoesNotStartWhatHasWaitedTooLongToEndInTime) {
  pool& subject = make(options());
  subject.with(job_options().named("slow")).run_then(nobody(), job("first", 10ms));
  host.settle(loop);
  subject.run_then(nobody(), job("other", 5ms));
  subject.with(job_options().named("slow").within(12ms)).run_then(note("slow"), job("second", 10ms));
  host.settle(loop);
  EXPECT_EQ(log, (order{"run first", "run other", "slow" + late}));
}

TEST_F(PoolDeadline, AsksARunningJobToStopAtItsDeadline) {
  pool& subject = make(options());
  bool asked = false;
  subject.with(job_options().within(5ms)).run_then(note("job"), [&](job_context& self) {
    EXPECT_EQ(self.deadline().time_since_epoch(), 5ms);
    loop.time().advance(5ms);
    loop.poll();  // the loop's thread goes on meanwhile
    asked = self.stop_requested();
  });
  host.settle(loop);
  EXPECT_TRUE(asked);
  EXPECT_EQ(log, (order{"job" + late}));
}

TEST_F(PoolDeadline, HeedsTheDeadlineOfTheContextAndTheNearerOfTwo) {
  pool& subject = make(options());
  occupy();
  const context_ptr request = context::make({});
  request->set_deadline(time_point(3ms));
  loop.run_in(request, [&] {
    subject.with(job_options().within(5ms)).run_then(note("context's"), job("never"));
    subject.with(job_options().until(time_point(1ms))).run_then(note("own"), job("never"));
  });
  loop.time().advance(1ms);
  loop.poll();
  loop.time().advance(2ms);
  loop.poll();
  EXPECT_EQ(log, (order{"own" + late, "context's" + late}));
}

TEST_F(PoolDeadline, PutsAnEstimateToTheTestAgainThatRefusesEverything) {
  pool& subject = make(options());
  const auto render = [&] { return subject.with(job_options().named("render").within(1s)); };
  subject.with(job_options().named("render")).run_then(nobody(), job("cold", 2s));
  host.settle(loop);
  int done = 0;
  for (int each = 0; each < 100; ++each) {
    render().run_then([&](const error& failure) { done += failure ? 0 : 1; },
                      [this] { loop.time().advance(1ms); });
    host.settle(loop);
  }
  EXPECT_GT(done, 80);
}

TEST_F(PoolDeadline, CountsWhatWaitedUntilItsDeadline) {
  pool& subject = make(options());
  occupy();
  subject.with(job_options().within(5ms)).run_then(note("late"), [] {});
  loop.time().advance(5ms);
  loop.poll();
  EXPECT_EQ(loop.counters().get("actors.pool.expired").value(), 1u);
  host.settle(loop);
}

TEST_F(PoolDeadline, TakesTheResultOfAJobThatKeptItsDeadlineThoughTheLoopWasLate) {
  pool& subject = make(options());
  subject.with(job_options().within(30ms)).run_then(note("job"), [] {});
  host.step();
  loop.time().advance(60ms);
  loop.run();
  EXPECT_EQ(log, (order{"job"}));
}

TEST_F(PoolDeadline, BringsWhatAJobPostedThatKeptItThoughTheLoopWasLate) {
  pool& subject = make(options());
  subject.with(job_options().within(30ms))
      .run_with_progress_then<int>([this](int step) { log(std::to_string(step)); }, note("job"),
                                   [](progress<int>& out) { static_cast<void>(out.post(1)); });
  host.step();
  loop.time().advance(60ms);
  loop.run();
  EXPECT_EQ(log, (order{"1", "job"}));
}

TEST_F(PoolDeadline, IsMissedByAJobThatEndsLateThoughTheLoopIsLaterStill) {
  pool& subject = make(options());
  subject.with(job_options().within(30ms))
      .run_with_progress_then<int>([](int) { FAIL(); }, note("job"),
                                   [this](progress<int>& out) {
                                     loop.time().advance(40ms);
                                     static_cast<void>(out.post(1));
                                   });
  host.step();
  loop.time().advance(20ms);
  loop.run();
  EXPECT_EQ(log, (order{"job" + late}));
}

TEST_F(PoolDeadline, LeavesAJobThatKeptItToAStopThatComesBeforeItsAnswer) {
  pool& subject = make(options());
  const job_handle handle = subject.with(job_options().within(30ms)).run_then(note("job"), [] {});
  loop.set_timeout(40ms, [handle] { handle.cancel(); });
  host.step();
  loop.time().advance(60ms);
  loop.run();
  EXPECT_EQ(log, (order{"job: " + error(errc::canceled).message()}));
}

TEST_F(PoolDeadline, TeachesHowLongAJobTakesThatOverranIt) {
  pool& subject = make(options());
  const auto slow = [&](duration limit) { return subject.with(job_options().named("slow").within(limit)); };
  slow(5ms).run_then(note("first"), [this] {
    loop.time().advance(10ms);
    loop.poll();  // the loop's thread goes on meanwhile
  });
  host.settle(loop);
  slow(9ms).run_then(note("second"), job("second"));
  EXPECT_EQ(subject.outstanding(), 0u) << "known at once";
  host.settle(loop);
  EXPECT_EQ(log, (order{"first" + late, "second" + late}));
}

TEST_F(PoolDeadline, IsNotThoughtNearerForALikeJobThatWasCutShort) {
  pool& subject = make(options());
  const auto slow = [&] { return job_options().named("slow"); };
  subject.with(slow()).run_then(nobody(), job("first", 10ms));
  host.settle(loop);
  for (int round = 0; round < 10; ++round) {
    job_handle handle;
    handle = subject.with(slow()).run_then(nobody(), [&] { handle.cancel(); });
    host.settle(loop);
  }
  subject.with(slow().within(9ms)).run_then(note("hopeless"), job("hopeless"));
  host.settle(loop);
  EXPECT_EQ(log, (order{"run first", "hopeless" + late}));
}

void spin_for(duration time) {
  using steady = std::chrono::steady_clock;
  for (const auto until = steady::now() + time; steady::now() < until;) {
  }
}
void spin_and_post(progress<int>& out, duration time) {
  spin_for(time);
  static_cast<void>(out.post(1));
}

// Jobs end about when their time is up, and the loop looks when it can.
TEST(PoolDeadlineThreads, BringWhatAJobPostedWithEveryResult) {
  loop owner;
  pool_options how;
  how.workers = 1;
  pool workers(owner, how);
  int heard = 0;
  int round = 0;
  std::function<void()> race = [&] {
    heard = 0;
    const auto answer = [&](const error& failure) {
      EXPECT_TRUE(failure ? failure == errc::timed_out : heard == 1) << failure.message();
      if (++round < 300) race();
    };
    workers.with(job_options().within(1ms))
        .run_with_progress_then<int>([&](int) { ++heard; }, answer, spin_and_post, round % 10 * 150us);
    if (round % 3 > 0) owner.set_immediate([] { spin_for(1200us); });
  };
  race();
  owner.run();
  EXPECT_EQ(round, 300);
}

}  // namespace
}  // namespace trireme::actors
