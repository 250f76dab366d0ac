#include <trireme/actors/pool.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <trireme/actors/manual_host.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

namespace trireme::actors {
namespace {

using testing::order;
using testing::test_loop;

int twice(int value) { return 2 * value; }

/// A pool whose workers do a piece of work when the test says so.
class Pool : public ::testing::Test {
protected:
  static pool_options with(manual_host& host, std::size_t workers, std::size_t queue_limit) {
    pool_options made;
    made.host = &host;
    made.workers = workers;
    made.queue_limit = queue_limit;
    return made;
  }
  /// Begins every worker, so that each further step is a job.
  void begin() { host.step(); }
  auto note(std::string name) {
    return [this, name = std::move(name)](const error& failure, int value) {
      log(failure ? name + ": " + failure.message() : name + " = " + std::to_string(value));
    };
  }

  test_loop loop;
  order log;
  manual_host host;
  pool workers{loop, with(host, 1, 4)};
};

TEST_F(Pool, AnswersAPromise) {
  int seen = 0;
  workers.run(twice, 21).then([&](int value) { seen = value; }).detach();
  host.settle(loop);
  EXPECT_EQ(seen, 42);
}

task<int> sum_of_two(pool& workers) {
  const int first = co_await workers.run(twice, 1);
  const int second = co_await workers.run(twice, 10);
  co_return first + second;
}

TEST_F(Pool, IsAwaited) {
  int seen = 0;
  sum_of_two(workers).as_promise().then([&](int sum) { seen = sum; }).detach();
  host.settle(loop);
  EXPECT_EQ(seen, 22);
}

TEST_F(Pool, AnswersAnErrorFirstCallback) {
  workers.run_then(note("job"), twice, 4);
  workers.run_then([&](const error& failure) { log(failure ? "failed" : "done"); }, [] {});
  host.settle(loop);
  EXPECT_EQ(log, (order{"job = 8", "done"}));
}

TEST_F(Pool, MovesArgumentsInAndTheResultOut) {
  auto given = std::make_unique<int>(7);
  std::unique_ptr<int> back;
  workers.run([](std::unique_ptr<int> value) { return value; }, std::move(given))
      .then([&](std::unique_ptr<int> value) { back = std::move(value); })
      .detach();
  host.settle(loop);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, 7);
}

TEST_F(Pool, DeliversEachAnswerAsACallbackWithItsOwnTickAndMicrotask) {
  const auto job = [&](int number) {
    const std::string name = std::to_string(number);
    workers.run_then(
        [&, name](const error&, int) {
          log("answer " + name);
          loop.queue_microtask([&, name] { log("microtask " + name); });
          loop.next_tick([&, name] { log("tick " + name); });
        },
        twice, number);
  };
  workers.run_then([](const error&, int) {}, twice, 0);
  host.settle(loop);  // from now on such jobs are handed out several at a time
  job(1);
  job(2);
  loop.poll();
  host.step();
  host.step();
  loop.set_immediate([&] { log("immediate"); });
  loop.poll();
  EXPECT_EQ(log,
            (order{"answer 1", "tick 1", "microtask 1", "answer 2", "tick 2", "microtask 2", "immediate"}));
}

struct odd_number : std::runtime_error {
  using std::runtime_error::runtime_error;
};
int refuses_odd(int value) {
  if (value % 2 != 0) throw odd_number("odd: " + std::to_string(value));
  return value;
}

TEST_F(Pool, BringsAnExceptionBackWithItsTypeItsTextAndTheOriginal) {
  error seen;
  workers.run_then([&](const error& failure, int) { seen = failure; }, refuses_odd, 3);
  host.settle(loop);
  EXPECT_EQ(seen, error(errc::failed));
  EXPECT_EQ(seen.message(), "odd: 3");
  EXPECT_TRUE(seen.type().ends_with("::odd_number")) << seen.type();
  EXPECT_THROW(seen.raise(), odd_number);
}

TEST_F(Pool, ServesTheNextJobAfterOneThatThrew) {
  workers.run_then(note("first"), refuses_odd, 1);
  workers.run_then(note("second"), refuses_odd, 2);
  host.settle(loop);
  EXPECT_EQ(log, (order{"first: odd: 1", "second = 2"}));
}

TEST_F(Pool, RefusesWhatExceedsItsQueueAndCountsIt) {
  for (int job = 0; job < 5; ++job) workers.run_then(note(std::to_string(job)), twice, job);
  workers.run_then(note("too many"), twice, 5);
  EXPECT_EQ(workers.outstanding(), 5u);
  EXPECT_TRUE(log.events().empty()) << "no answer comes from within the call";
  host.settle(loop);
  EXPECT_EQ(log.events().front(), "too many: pool: " + error(errc::full).message());
  EXPECT_EQ(log.events().size(), 6u);
  EXPECT_EQ(loop.counters().get("actors.pool.full").value(), 1);
}

TEST_F(Pool, TakesJobsAgainOnceThereIsRoom) {
  for (int job = 0; job < 5; ++job) workers.run_then([](const error&, int) {}, twice, job);
  host.settle(loop);
  workers.run_then(note("late"), twice, 1);
  host.settle(loop);
  EXPECT_EQ(log, (order{"late = 2"}));
}

TEST_F(Pool, NeverStartsAJobThatIsCanceledWhileItWaits) {
  bool started = false;
  const job_handle handle = workers.run_then(
      note("job"),
      [&started](int value) {
        started = true;
        return value;
      },
      1);
  EXPECT_TRUE(handle.active());
  handle.cancel(errc::timed_out);
  EXPECT_FALSE(handle.active());
  EXPECT_EQ(workers.outstanding(), 0u) << "its place is free at once";
  host.settle(loop);
  EXPECT_EQ(log, (order{"job: " + error(errc::timed_out).message()}));
  EXPECT_FALSE(started);
}

TEST_F(Pool, DestroysTheArgumentsOfACanceledJobAtOnce) {
  auto held = std::make_shared<const int>(1);
  const std::weak_ptr<const int> watched = held;
  workers
      .run_then(
          note("job"), [](const std::shared_ptr<const int>& value) { return *value; }, std::move(held))
      .cancel();
  EXPECT_TRUE(watched.expired());
  host.settle(loop);
}

TEST_F(Pool, KeepsTheOrderOfItsNeighboursWhenJobsAreCanceled) {
  std::vector<job_handle> handles;
  for (int job = 0; job < 5; ++job)
    handles.push_back(workers.run_then(note(std::to_string(job)), twice, job));
  handles[0].cancel();
  handles[2].cancel();
  host.settle(loop);
  const std::string canceled = error(errc::canceled).message();
  EXPECT_EQ(log, (order{"0: " + canceled, "2: " + canceled, "1 = 2", "3 = 6", "4 = 8"}));
}

TEST_F(Pool, HoldsItsBoundWhileNoWorkerSweepsCanceledJobs) {
  const auto kept = workers.run_then(note("kept"), twice, 1);
  for (int round = 0; round < 10'000; ++round) {
    workers.run_then([](const error&, int) {}, twice, round).cancel();
    if (round % 4 == 0) loop.poll();  // reads the cancellations' ticks; the worker stands still
  }
  EXPECT_EQ(loop.counters().get("actors.pool.full").value(), 0);
  EXPECT_TRUE(kept.active());
  begin();
  int steps = 0;
  while (host.step()) ++steps;
  EXPECT_LE(steps, 1 + 2 * 5) << "what was left in the queue";
  loop.poll();
  EXPECT_EQ(log, (order{"kept = 2"}));
}

TEST_F(Pool, TellsARunningJobOfItsStopAndAnswersWithTheReason) {
  job_handle handle;
  bool before = true;
  bool after = false;
  handle = workers.run_then(note("job"), [&](job_context& job) {
    before = job.stop_requested();
    handle.cancel(errc::timed_out);
    after = job.stop_requested();
    return 1;
  });
  host.settle(loop);
  EXPECT_FALSE(before);
  EXPECT_TRUE(after);
  EXPECT_EQ(log, (order{"job: " + error(errc::timed_out).message()}));
}

TEST_F(Pool, GivesAStandardTokenThatIsStoppedBeforeOrAfterItWasMade) {
  std::vector<bool> seen;
  job_handle handle;
  handle = workers.run_then(note("job"), [&](job_context& job) {
    const std::stop_token early = job.token();
    seen.push_back(early.stop_requested());
    handle.cancel();
    seen.push_back(early.stop_requested());
    seen.push_back(job.token().stop_requested());
    return 1;
  });
  host.settle(loop);
  EXPECT_EQ(seen, (std::vector<bool>{false, true, true}));
}

TEST_F(Pool, AnswersAFinishedJobWithTheReasonWhereTheStopCameBeforeItsAnswer) {
  const job_handle handle = workers.run_then(note("job"), twice, 1);
  begin();
  host.step();
  handle.cancel();
  loop.poll();
  EXPECT_EQ(log, (order{"job: " + error(errc::canceled).message()}));
  handle.cancel();
  loop.poll();
  EXPECT_EQ(log.events().size(), 1u);
}

TEST_F(Pool, StopsTheJobsOfAContextThatIsStopped) {
  const context_ptr request = context::make({});
  loop.run_in(request, [&] { workers.run_then(note("in the context"), twice, 1); });
  workers.run_then(note("outside"), twice, 2);
  request->request_stop(errc::timed_out);
  host.settle(loop);
  EXPECT_EQ(log, (order{"in the context: " + error(errc::timed_out).message(), "outside = 4"}));
}

TEST_F(Pool, TakesNoJobOfAContextThatHasStopped) {
  const context_ptr request = context::make({});
  request->request_stop();
  loop.run_in(request, [&] { workers.run_then(note("job"), twice, 1); });
  EXPECT_EQ(workers.outstanding(), 0u);
  host.settle(loop);
  EXPECT_EQ(log, (order{"job: " + error(errc::canceled).message()}));
}

TEST_F(Pool, AnswersInTheContextOfTheSubmitter) {
  const context_ptr request = context::make({});
  std::vector<bool> same;
  loop.run_in(request, [&] {
    workers.run_then([&](const error&, int) { same.push_back(loop.current() == request); }, twice, 1);
    workers.run_then([&](const error&, int) { same.push_back(loop.current() == request); }, twice, 1)
        .cancel();
  });
  host.settle(loop);
  EXPECT_EQ(same, (std::vector<bool>{true, true}));
}

TEST_F(Pool, StartsAJobWithAHandleBesideItsPromise) {
  auto [answer, handle] = workers.start(twice, 1);
  error seen;
  std::move(answer).then([](int) {}, [&](const error& failure) { seen = failure; }).detach();
  handle.cancel();
  host.settle(loop);
  EXPECT_EQ(seen, error(errc::canceled));
}

TEST_F(Pool, FinishesWhatIsQueuedAfterCloseAndTakesNoMore) {
  workers.run_then(note("queued"), twice, 1);
  workers.close();
  workers.run_then(note("late"), twice, 2);
  workers.drained().then([&] { log("drained"); }).detach();
  host.settle(loop);
  EXPECT_EQ(log, (order{"late: pool: " + error(errc::closed).message(), "queued = 2", "drained"}));
}

TEST_F(Pool, IsDrainedAtOnceWhereNothingIsOutstanding) {
  workers.drained().then([&] { log("drained"); }).detach();
  loop.run();
  EXPECT_EQ(log, (order{"drained"}));
}

TEST_F(Pool, KeepsTheLoopAliveWhileAJobIsOutstandingOnly) {
  EXPECT_FALSE(loop.alive());
  workers.run_then(note("job"), twice, 1);
  EXPECT_TRUE(loop.alive());
  host.settle(loop);
  EXPECT_FALSE(loop.alive());
}

TEST_F(Pool, MayBeDestroyedByAnAnswer) {
  auto own = std::make_optional<pool>(loop, with(host, 1, 8));
  own->run_then(
      [&](const error&, int) {
        own.reset();
        log("destroyed");
      },
      twice, 1);
  own->run_then(note("second"), twice, 2);
  host.settle(loop);
  EXPECT_EQ(log, (order{"destroyed", "second: " + error(errc::canceled).message()}));
}

TEST_F(Pool, AnswersAllThatIsQueuedRunningAndFinishedWhenItIsDestroyed) {
  auto own = std::make_optional<pool>(loop, with(host, 1, 8));
  own->run_then(note("finished"), twice, 1);
  own->run_then(note("queued"), twice, 2);
  host.step(1);
  host.step(1);
  own.reset();
  loop.run();
  const std::string canceled = error(errc::canceled).message();
  EXPECT_EQ(log, (order{"queued: " + canceled, "finished: " + canceled}));
}

TEST(PoolAndLoop, AreDestroyedWithAnswersUnderWay) {
  manual_host host;
  bool answered = false;
  {
    test_loop loop;
    pool_options options;
    options.host = &host;
    options.workers = 1;
    pool workers(loop, options);
    workers.run_then([&](const error&, int) { answered = true; }, twice, 1);
    workers.run([] { return 1; }).then([&](int) { answered = true; }).or_else([](const error&) {}).detach();
    workers.run_then([&](const error&, int) { answered = true; }, twice, 1);
    for (int step = 0; step < 3; ++step) host.step();
  }
  EXPECT_FALSE(answered);
}

TEST(PoolOptions, LeaveACoreToTheLoop) {
  test_loop loop;
  manual_host host;
  pool_options options;
  options.host = &host;
  const pool workers(loop, options);
  EXPECT_GE(workers.workers(), 1u);
  EXPECT_EQ(workers.workers(), host.size());
}

}  // namespace
}  // namespace trireme::actors
