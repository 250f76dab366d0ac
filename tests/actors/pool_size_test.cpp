#include <trireme/actors/pool_options.hpp>

#include <trireme/actors/per_worker.hpp>
#include <vector>

#include "pool_fixture.hpp"

namespace trireme::actors {
namespace {

using trireme::testing::order;
using namespace std::chrono_literals;

class PoolSize : public testing::by_hand {
protected:
  pool_options from_to(std::size_t least, std::size_t most) {
    pool_options made = options(most);
    made.min_workers = least;
    made.idle_timeout = 10ms;
    return made;
  }
};

TEST_F(PoolSize, BeginsWithTheLeastAndGrowsWithTheJobsThatWait) {
  pool& subject = make(from_to(1, 3));
  EXPECT_EQ(subject.workers(), 1u);
  subject.run_then(nobody(), [] {});
  EXPECT_EQ(subject.workers(), 1u) << "one is idle";
  subject.run_then(nobody(), [] {});
  EXPECT_EQ(subject.workers(), 2u);
  for (int job = 0; job < 5; ++job) subject.run_then(nobody(), [] {});
  EXPECT_EQ(subject.workers(), 3u) << "and not beyond the most";
  host.settle(loop);
  EXPECT_EQ(subject.outstanding(), 0u);
}

TEST_F(PoolSize, MayBeginWithNone) {
  pool& subject = make(from_to(0, 2));
  EXPECT_EQ(host.size(), 0u);
  int seen = 0;
  subject.run([] { return 7; }).then([&](int value) { seen = value; }).detach();
  EXPECT_EQ(host.size(), 1u);
  host.settle(loop);
  EXPECT_EQ(seen, 7);
}

TEST_F(PoolSize, ShrinksToTheLeastOnceWorkersHadNothingToDoForLong) {
  pool& subject = make(from_to(1, 3));
  for (int job = 0; job < 3; ++job) subject.run_then(nobody(), [] {});
  host.settle(loop);
  EXPECT_EQ(subject.workers(), 3u);
  loop.time().advance(9ms);
  host.settle(loop);
  EXPECT_EQ(subject.workers(), 3u);
  loop.time().advance(1ms);
  host.settle(loop);
  EXPECT_EQ(subject.workers(), 1u);
  EXPECT_EQ(host.size(), 1u) << "their threads have ended";
}

TEST_F(PoolSize, StartsAWorkerAgainForAKeyAndAfterItShrank) {
  pool& subject = make(from_to(0, 2));
  std::vector<std::size_t> where;
  const auto where_it_ran = [&] { where.push_back(worker_index()); };
  for (int round = 0; round < 3; ++round) {
    subject.with(job_options().key(1)).run_then(nobody(), where_it_ran);
    host.settle(loop);
    EXPECT_EQ(subject.workers(), 1u);
    loop.time().advance(10ms);
    host.settle(loop);
    EXPECT_EQ(subject.workers(), 0u);
  }
  EXPECT_EQ(where, (std::vector<std::size_t>{1, 1, 1}));
}

TEST_F(PoolSize, DestroysWhatAWorkerKeptWhereItShrinks) {
  pool& subject = make(from_to(0, 1));
  const auto alive = std::make_shared<int>(0);
  per_worker<std::shared_ptr<int>> kept(subject, [alive] { return alive; });
  subject.run_then(nobody(), [kept] { static_cast<void>(kept.local()); });
  host.settle(loop);
  const long with_worker = alive.use_count();
  loop.time().advance(10ms);
  host.settle(loop);
  EXPECT_EQ(alive.use_count(), with_worker - 1);
}

TEST_F(PoolSize, DoesNotKeepTheLoopAliveForItsTimeOut) {
  pool& subject = make(from_to(0, 2));
  subject.run_then(nobody(), [] {});
  host.settle(loop);
  EXPECT_FALSE(loop.alive());
}

// piscina#121, #139: close and drain end the threads.
TEST_F(PoolSize, HasNoWorkersOnceItIsClosedAndDrained) {
  pool& subject = make(options(2));
  subject.run_then(note("job"), [] {});
  subject.close();
  host.settle(loop);
  EXPECT_EQ(log, (order{"job"}));
  EXPECT_EQ(subject.workers(), 0u);
  EXPECT_EQ(host.size(), 0u);
}

TEST_F(PoolSize, LeavesARunningJobAloneWhereItTakesBackWhatWaitsBehindIt) {
  pool& subject = make(options(2));
  const auto brief = [&] { return subject.with(job_options().named("brief")); };
  for (int warm = 0; warm < 2; ++warm) brief().run_then(nobody(), [] {});
  host.settle(loop);
  bool asked = true;
  brief().run_then(note("long"), [&](job_context& self) {
    loop.time().advance(1ms);
    loop.poll();  // the loop finds this lane stuck
    while (host.step(1)) loop.poll();
    asked = self.stop_requested();
  });
  for (int number = 1; number < 4; ++number) {
    brief().run_then(note(std::to_string(number)), [] { EXPECT_EQ(worker_index(), 1u); });
  }
  loop.poll();
  host.step(0);
  host.settle(loop);
  EXPECT_FALSE(asked);
  EXPECT_EQ(log, (order{"1", "3", "2", "long"})) << "the second had been handed out behind the long one";
}

TEST_F(PoolSize, GivesJobsHandedOutInAdvanceToOthersWhereOneTakesLong) {
  pool& subject = make(options(2));
  for (int warm = 0; warm < 2; ++warm) {
    subject.with(job_options().named("short")).run_then(nobody(), [] {});
  }
  host.settle(loop);
  for (int number = 0; number < 6; ++number) {
    subject.with(job_options().named("short")).run_then(nobody(), [this, number] {
      log(std::to_string(number) + " on " + std::to_string(worker_index()));
    });
  }
  loop.poll();  // hands them out: 0, 2, 4 to worker 0
  loop.time().advance(1ms);
  host.step(1);
  host.step(1);
  host.step(1);
  loop.poll();
  loop.poll();
  while (host.step(1)) loop.poll();
  EXPECT_EQ(log.events().size(), 6u) << "worker 0 has not made a step";
  while (host.step(0)) {
  }
  EXPECT_EQ(log.events().size(), 6u) << "what it was handed came to nothing";
  host.settle(loop);
  EXPECT_EQ(subject.outstanding(), 0u);
}

TEST_F(PoolSize, DoesNotKeepTheContextOfARequestForItsOwnTimers) {
  pool_options how = options();
  how.min_workers = 0;
  pool& subject = make(how);
  context_ptr request = context::make({});
  std::stop_token alive = request->stop_token();
  loop.run_in(request, [&] { subject.run_then(note("job"), [] {}); });
  request = {};
  host.settle(loop);
  EXPECT_EQ(log, (order{"job"}));
  EXPECT_EQ(subject.workers(), 1u);
  EXPECT_FALSE(alive.stop_possible());
}

}  // namespace
}  // namespace trireme::actors
