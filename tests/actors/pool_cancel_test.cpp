#include <trireme/actors/job_handle.hpp>

#include <atomic>
#include <functional>
#include <latch>
#include <optional>
#include <thread>
#include <vector>

#include "pool_fixture.hpp"

// Stops, at every point of a job's life, and what neighbours see of them: nothing.

namespace trireme::actors {
namespace {

using trireme::testing::order;
using trireme::testing::test_loop;
using namespace std::chrono_literals;

const std::string canceled = ": " + error(errc::canceled).message();

class PoolCancel : public testing::by_hand {};

// piscina#805: one runs, two wait; the second is aborted, then the first.
TEST_F(PoolCancel, RejectsAWaitingJobAndThenTheRunningOneAndStartsTheThird) {
  pool& subject = make(options());
  std::vector<job_handle> handles(3);
  const auto start = [&](int number) {
    const std::string name = std::to_string(number);
    return subject.run_then(note(name), [&, name, number](job_context& self) {
      log(name + " started");
      if (number != 1) return;
      handles[1].cancel();
      handles[0].cancel();
      EXPECT_TRUE(self.stop_requested());
    });
  };
  for (int number = 1; number <= 3; ++number) handles[static_cast<std::size_t>(number - 1)] = start(number);
  host.settle(loop);
  EXPECT_EQ(log, (order{"1 started", "2" + canceled, "1" + canceled, "3 started", "3"}));
}

TEST_F(PoolCancel, RemovesAWaitingJobAtOnceAndKeepsItsFiguresRight) {  // piscina#1029
  pool& subject = make(options());
  subject.run_then(note("busy"), [] {});
  const auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = held;
  std::vector<job_handle> handles;
  for (int number = 0; number < 1'000; ++number) {
    handles.push_back(
        subject.run_then([held](const error& failure) { EXPECT_TRUE(failure); }, [held] { FAIL(); }));
  }
  EXPECT_EQ(held.use_count(), 1 + 2 * 1'000);
  EXPECT_EQ(subject.waiting(priority::normal), 1'000u);
  for (const job_handle& each : handles) each.cancel();
  EXPECT_EQ(subject.waiting(priority::normal), 0u);
  EXPECT_EQ(subject.outstanding(), 1u);
  EXPECT_EQ(held.use_count(), 1 + 1'000) << "the receivers, which are told in a tick";
  loop.poll();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_TRUE(host.step());
  EXPECT_FALSE(host.step()) << "the worker never sees them";
}

/// Where a job is when it is stopped.
enum class at { waiting, handed_out, running, returned, delivered };
constexpr at everywhere[] = {at::waiting, at::handed_out, at::running, at::returned, at::delivered};

class PoolCancelAt : public PoolCancel, public ::testing::WithParamInterface<at> {
protected:
  void stop_if(at here, const job_handle& which) {
    if (here == GetParam()) which.cancel(errc::timed_out);
  }
};

TEST_P(PoolCancelAt, AnswersTheJobOnceAndLeavesItsNeighboursAlone) {
  pool& subject = make(options());
  const bool waits = GetParam() == at::waiting;
  if (waits) subject.run_then(note("first"), [] {});
  job_handle handle;
  bool ran = false;
  handle = subject.run_then(note("job"), [&](job_context& self) {
    ran = true;
    stop_if(at::running, handle);
    EXPECT_EQ(self.stop_requested(), GetParam() == at::running);
  });
  subject.run_then(note("next"), [](job_context& self) { EXPECT_FALSE(self.stop_requested()); });
  stop_if(at::waiting, handle);
  stop_if(at::handed_out, handle);
  host.step();
  stop_if(at::returned, handle);
  host.settle(loop);
  stop_if(at::delivered, handle);
  host.settle(loop);
  const bool stopped = GetParam() != at::delivered;
  const std::string job = stopped ? "job: " + error(errc::timed_out).message() : "job";
  EXPECT_EQ(log, (waits ? order{job, "first", "next"} : order{job, "next"}));
  EXPECT_EQ(ran, GetParam() >= at::running);
  EXPECT_EQ(subject.outstanding(), 0u);
  EXPECT_FALSE(handle.active());
}

// A pool that is destroyed with its job anywhere: every answer comes, once.
TEST_P(PoolCancelAt, AnswersOnceWhereThePoolIsDestroyed) {
  pool& subject = make(options());
  const bool waits = GetParam() == at::waiting;
  if (waits) subject.run_then(note("first"), [] {});
  const job_handle handle = subject.run_then(note("job"), [&] {
    if (GetParam() == at::running) loop.stop();
  });
  if (GetParam() >= at::running) host.step();
  if (GetParam() == at::delivered) loop.poll();
  workers.reset();
  EXPECT_FALSE(handle.active()) << "inert after its pool";
  handle.cancel();
  loop.run();
  const std::string job = GetParam() == at::delivered ? "job" : "job" + canceled;
  EXPECT_EQ(log, (waits ? order{"first" + canceled, job} : order{job}));
}

TEST_P(PoolCancelAt, IsDroppedSafelyWhereTheLoopGoesToo) {
  manual_host by_hand;
  {
    test_loop inner;
    pool subject(inner, testing::by(by_hand));
    by_hand.step();
    if (GetParam() == at::waiting) subject.run_then(nobody(), [] {});
    subject.run_then([](const error&) { FAIL(); }, [] {});
    subject.run([] { return std::string("lost"); }).then([](const std::string&) {}).detach();
    if (GetParam() >= at::running) by_hand.step();
  }
}

INSTANTIATE_TEST_SUITE_P(EveryPoint, PoolCancelAt, ::testing::ValuesIn(everywhere));

TEST_F(PoolCancel, NeverHitsTheNextJobWithALateStop) {  // workerpool#353, #548
  pool& subject = make(options());
  const job_handle first = subject.run_then(note("first"), [] {});
  host.settle(loop);
  bool asked = true;
  subject.run_then(note("second"), [&](job_context& self) {
    first.cancel();
    asked = self.stop_requested();
  });
  host.settle(loop);
  EXPECT_FALSE(asked);
  EXPECT_EQ(log, (order{"first", "second"}));
}

TEST_F(PoolCancel, LeavesAJobByAnExceptionWhereItChecks) {
  pool& subject = make(options());
  job_handle handle;
  handle = subject.run_then(note("job"), [&](job_context& self) {
    self.check();
    handle.cancel(errc::timed_out);
    self.check();
    ADD_FAILURE() << "not reached";
  });
  host.settle(loop);
  EXPECT_EQ(log, (order{"job: " + error(errc::timed_out).message()}));
}

TEST_F(PoolCancel, ReportsARunningJobThatIgnoresItsStop) {
  pool_options how = options();
  how.report_after = 10ms;
  pool& subject = make(how);
  subject.on_ignored_stop([this](const ignored_stop& seen) {
    EXPECT_EQ(seen.since, 10ms);
    log(seen.job + " on " + std::to_string(seen.worker));
  });
  job_handle deaf;
  deaf = subject.with(job_options().named("deaf")).run_then(note("answered"), [&] {
    deaf.cancel();
    loop.time().advance(9ms);
    loop.poll();
    EXPECT_TRUE(log.events().empty());
    loop.time().advance(1ms);
    loop.poll();
    loop.poll();  // what has arrived is read first
    loop.time().advance(10ms);
    loop.poll();
  });
  host.settle(loop);
  EXPECT_EQ(log, (order{"deaf on 0", "answered" + canceled})) << "once";
  EXPECT_EQ(loop.counters().get("actors.pool.stop_ignored").value(), 1);
}

TEST_F(PoolCancel, DoesNotReportAJobThatReturnsInTime) {
  pool_options how = options();
  how.report_after = 10ms;
  pool& subject = make(how);
  subject.on_ignored_stop([](const ignored_stop&) { FAIL(); });
  job_handle handle;
  handle = subject.run_then(nobody(), [&] { handle.cancel(); });
  host.settle(loop);
  loop.time().advance(1s);
  loop.poll();
  EXPECT_EQ(loop.counters().get("actors.pool.stop_ignored").value(), 0);
}

// piscina#934: aborted beside neighbours on one worker, again and again; none of them is touched.
TEST(PoolCancelThreads, NeverTouchANeighbourInTenThousandRounds) {
  test_loop loop;
  pool_options how;
  how.workers = 1;
  pool workers(loop, how);
  constexpr int rounds = 10'000;
  int round = 0;
  int intact = 0;
  int aborted = 0;
  std::function<void()> next = [&] {
    if (round++ == rounds) return;
    const auto neighbour = [&](const error& failure, int value) {
      EXPECT_FALSE(failure) << failure.message();
      EXPECT_EQ(value, round);
      ++intact;
    };
    const auto number = [](job_context& self, int value) { return self.stop_requested() ? -1 : value; };
    workers.run_then(neighbour, number, round);
    const job_handle victim =
        workers.run_then([&](const error& failure, int) { aborted += failure ? 1 : 0; }, number, 0);
    workers.run_then(
        [&, neighbour](const error& failure, int value) {
          neighbour(failure, value);
          next();
        },
        number, round);
    if (round % 2 == 0) return victim.cancel();
    loop.set_immediate([victim] { victim.cancel(); });
  };
  next();
  loop.run();
  EXPECT_EQ(intact, 2 * rounds);
  EXPECT_GE(aborted, rounds / 2);
  EXPECT_EQ(workers.outstanding(), 0u);
}

// A prime job, say, at its next check: M10.
TEST(PoolCancelThreads, StopARunningJobWithinAFewMilliseconds) {
  test_loop loop;
  pool_options how;
  how.workers = 1;
  pool workers(loop, how);
  std::latch running(1);
  std::chrono::steady_clock::time_point seen{};
  const job_handle handle =
      workers.run_then([](const error& failure) { EXPECT_EQ(failure, error(errc::canceled)); },
                       [&](job_context& self) {
                         running.count_down();
                         while (!self.stop_requested()) {
                         }
                         seen = std::chrono::steady_clock::now();
                       });
  running.wait();
  const auto asked = std::chrono::steady_clock::now();
  handle.cancel();
  loop.run();
  EXPECT_LT(seen - asked, 500ms) << "5 ms where the machine has nothing else to do";
}

}  // namespace
}  // namespace trireme::actors
