#include <trireme/actors/pool_options.hpp>

#include <system_error>
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

const std::error_code no_more_threads = make_error_code(std::errc::resource_unavailable_try_again);

/// A system that has no more threads while it is told so.
class scarce_host final : public worker_host {
public:
  explicit scarce_host(worker_host& real) : real_(real) {}
  std::unique_ptr<worker_run> start(const std::string& name, worker_body& body) override {
    if (left == 0) throw std::system_error(no_more_threads);
    --left;
    return real_.start(name, body);
  }
  bool may_block() const noexcept override { return real_.may_block(); }
  std::size_t left = 0;

private:
  worker_host& real_;
};

class PoolWithoutThreads : public PoolSize {
protected:
  ~PoolWithoutThreads() override { workers.reset(); }
  pool& make_from(std::size_t least, std::size_t most) {
    pool_options how = from_to(least, most);
    how.host = &scarce;
    scarce.left = least;
    return make(how);
  }
  pool_with keyed(std::uint64_t key) { return workers->with(job_options().key(key)); }

  scarce_host scarce{host};
  const std::string no_thread = ": " + error(no_more_threads).message();
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

TEST_F(PoolWithoutThreads, FailsAJobWhoseKeysWorkerCannotBeStarted) {
  pool& subject = make_from(1, 2);
  keyed(1).run_then(note("elsewhere"), [] {});
  keyed(0).run_then(note("here"), [] {});
  subject.run_then(note("anywhere"), [] {});
  host.settle(loop);
  EXPECT_EQ(log, (order{"elsewhere" + no_thread, "here", "anywhere"}));
}

TEST_F(PoolWithoutThreads, LeavesTheOthersThatWaitToTheWorkersThatThereAre) {
  pool& subject = make_from(1, 3);
  subject.run_then(note("first"), [] {});
  subject.with(job_options().urgent()).run_then(note("urgent"), [] {});
  subject.run_then(note("second"), [] {});
  for (const std::uint64_t key : {1, 2}) keyed(key).run_then(note("key " + std::to_string(key)), [] {});
  loop.poll();
  EXPECT_EQ(log, (order{"key 1" + no_thread, "key 2" + no_thread})) << "whatever waits in front of them";
  host.settle(loop);
  EXPECT_EQ(log.events().size(), 5u);
  EXPECT_EQ(log.events().back(), "second");
}

TEST_F(PoolWithoutThreads, FailsEveryJobWhereNoneCanBeStarted) {
  pool& subject = make_from(0, 2);
  keyed(1).run_then(note("key"), [] {});
  subject.run_then(note("any"), [] {});
  host.settle(loop);
  EXPECT_EQ(log, (order{"key" + no_thread, "any" + no_thread}));
}

TEST_F(PoolWithoutThreads, TriesAgainForTheNextJob) {
  make_from(1, 2);
  keyed(1).run_then(note("early"), [] {});
  scarce.left = 1;
  keyed(1).run_then(note("late"), [] { EXPECT_EQ(worker_index(), 1u); });
  host.settle(loop);
  EXPECT_EQ(log, (order{"early" + no_thread, "late"}));
}

TEST_F(PoolWithoutThreads, IsNotMade) {
  pool_options how = options(2);
  how.host = &scarce;
  scarce.left = 1;
  EXPECT_THROW(pool(loop, how), std::system_error);
  EXPECT_EQ(host.size(), 0u);
}

}  // namespace
}  // namespace trireme::actors
