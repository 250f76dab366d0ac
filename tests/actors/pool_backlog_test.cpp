#include <functional>
#include <limits>
#include <trireme/actors/job_options.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <trireme/core/task.hpp>
#include <vector>

#include "pool_fixture.hpp"

// Which waiting job goes first, and what becomes of those for which there is no place.

namespace trireme::actors {
namespace {

using trireme::testing::order;
using namespace std::chrono_literals;

class PoolBacklog : public testing::by_hand {
protected:
  /// Keeps the only worker busy until `host.step()`.
  void occupy() {
    workers->run_then(nobody(), [] {});
  }
};

TEST_F(PoolBacklog, TakesUrgentJobsFirstAndBackgroundOnesLast) {
  pool& subject = make(options());
  occupy();
  subject.with(job_options().background()).run_then(nobody(), job("background"));
  subject.run_then(nobody(), job("normal"));
  subject.with(job_options().urgent()).run_then(nobody(), job("urgent"));
  EXPECT_EQ(subject.waiting(priority::urgent), 1u);
  host.settle(loop);
  EXPECT_EQ(log, (order{"run urgent", "run normal", "run background"}));
  EXPECT_EQ(subject.waiting(priority::urgent), 0u);
}

TEST_F(PoolBacklog, GivesEachClassItsShareSoThatNoneStarves) {
  pool& subject = make(options());
  occupy();
  std::map<char, int> seen;
  std::string first_turns;
  const auto count = [&](char which) {
    return [&, which] {
      ++seen[which];
      if (first_turns.size() < 42) first_turns += which;
    };
  };
  for (int each = 0; each < 100; ++each) {
    subject.with(job_options().background()).run_then(nobody(), count('b'));
    subject.run_then(nobody(), count('n'));
    subject.with(job_options().urgent()).run_then(nobody(), count('u'));
  }
  host.settle(loop);
  const std::string turn = std::string(16, 'u') + "nnnn" + "b";
  EXPECT_EQ(first_turns, turn + turn);
  EXPECT_EQ(seen, (std::map<char, int>{{'b', 100}, {'n', 100}, {'u', 100}}));
}

TEST_F(PoolBacklog, RunsJobsOfOneKeyOnOneWorkerInTheirOrder) {
  pool& subject = make(options(3));
  std::map<std::uint64_t, std::vector<std::size_t>> where;
  std::map<std::uint64_t, std::vector<int>> which;
  for (int number = 0; number < 60; ++number) {
    const std::uint64_t key = static_cast<std::uint64_t>(number) % 5;
    subject.with(job_options().key(key)).run_then(nobody(), [&, key, number] {
      where[key].push_back(worker_index());
      which[key].push_back(number);
    });
  }
  host.settle(loop);
  for (std::uint64_t key = 0; key < 5; ++key) {
    EXPECT_EQ(where[key], std::vector<std::size_t>(12, key % 3));
    EXPECT_TRUE(std::is_sorted(which[key].begin(), which[key].end()));
  }
}

TEST_F(PoolBacklog, LetsOthersPassAKeysJobsThatWaitForTheirWorker) {
  pool& subject = make(options(2));
  const auto keyed = [&] { return subject.with(job_options().key(0)); };
  keyed().run_then(nobody(), job("key 1"));
  keyed().run_then(nobody(), job("key 2"));
  subject.run_then(nobody(), job("other"));
  host.step(1);
  EXPECT_EQ(log, (order{"run other"}));
  host.settle(loop);
  EXPECT_EQ(log, (order{"run other", "run key 1", "run key 2"}));
}

TEST_F(PoolBacklog, DropsTheOldestOfTheLowestClassWhereThePolicySaysSo) {
  pool_options how = options();
  how.queue_limit = 3;
  how.policy = when_full::drop_oldest;
  pool& subject = make(how);
  occupy();
  subject.with(job_options().urgent()).run_then(note("urgent"), [] {});
  subject.with(job_options().background()).run_then(note("background"), [] {});
  subject.run_then(note("normal"), [] {});
  subject.run_then(note("second normal"), [] {});
  subject.run_then(note("third normal"), [] {});
  subject.with(job_options().background()).run_then(note("second background"), [] {});
  host.settle(loop);
  const std::string full = ": pool: " + error(errc::full).message();
  EXPECT_EQ(log, (order{"background" + full, "normal" + full, "second background" + full, "urgent",
                        "second normal", "third normal"}));
  EXPECT_EQ(loop.counters().get("actors.pool.dropped").value(), 2);
  EXPECT_EQ(loop.counters().get("actors.pool.full").value(), 1) << "nothing as low waited";
}

TEST_F(PoolBacklog, TellsInOrderWhoWaitsForRoom) {
  pool_options how = options();
  how.queue_limit = 1;
  pool& subject = make(how);
  subject.run_then(nobody(), job("1"));
  subject.run_then(nobody(), job("2"));
  subject.room().then([&] { subject.run_then(note("3"), job("3")); }).detach();
  subject.room([&](const error& failure) {
    EXPECT_FALSE(failure);
    log("room");
  });
  loop.poll();
  EXPECT_TRUE(log.events().empty()) << "it is full";
  host.settle(loop);
  EXPECT_EQ(log, (order{"run 1", "run 2", "room", "run 3", "3"})) << "the first place was for the promise";
  subject.room().then([&] { log("at once"); }).detach();
  loop.poll();
  EXPECT_EQ(log.events().back(), "at once");
}

TEST_F(PoolBacklog, SaysDrainedInThreeStyles) {
  pool& subject = make(options());
  subject.run_then(note("job"), [] {});
  subject.drained([&](const error&) { log("callback"); });
  subject.drained().then([&] { log("promise"); }).detach();
  const auto wait = [](pool& waited, order& seen) -> task<void> {
    auto done = waited.drained();
    co_await std::move(done);
    seen("awaited");
  };
  const task<void> awaiting = wait(subject, log);
  host.settle(loop);
  EXPECT_EQ(log, (order{"job", "callback", "promise", "awaited"}));
}

TEST_F(PoolBacklog, LetsNoneStarveOfThoseThatWaitForOneWorkerByTheirKey) {
  pool& subject = make(options(2));
  int urgent = 0;
  int urgent_before = -1;
  std::function<void()> again = [&] {
    if (++urgent < 200) subject.with(job_options().urgent().key(0)).run_then(nobody(), [&] { again(); });
  };
  for (int each = 0; each < 4; ++each) again();
  subject.with(job_options().key(0)).run_then([&](const error&) { urgent_before = urgent; }, [] {});
  host.settle(loop);
  EXPECT_GE(urgent_before, 0);
  EXPECT_LT(urgent_before, 40);
}

TEST_F(PoolBacklog, MayHaveNoLimitAtAll) {
  pool_options how = options();
  how.queue_limit = std::numeric_limits<std::size_t>::max();
  pool& subject = make(how);
  subject.run_then(note("job"), [] {});
  host.settle(loop);
  EXPECT_EQ(log, (order{"job"}));
}

TEST_F(PoolBacklog, DropsTheOldestOfJobsThatAreKnownToBeBriefToo) {
  pool_options how = options();
  how.queue_limit = 3;
  how.policy = when_full::drop_oldest;
  pool& subject = make(how);
  const auto brief = [] {};
  subject.run_then(nobody(), brief);
  host.settle(loop);
  for (int each = 0; each < 6; ++each) subject.run_then(note(std::to_string(each)), brief);
  host.settle(loop);
  const std::string full = ": pool: " + error(errc::full).message();
  EXPECT_EQ(log, (order{"1" + full, "2" + full, "0", "3", "4", "5"}));
}

TEST_F(PoolBacklog, SaysDrainedAfterAnswersThatCameByTicksAndMicrotasks) {
  pool& subject = make(options());
  subject.run([] { return 1; }).then([this](int) { log("promise"); }).detach();
  const job_handle canceled = subject.run_then(note("canceled"), [] {});
  subject.drained(note("drained"));
  canceled.cancel();
  host.settle(loop);
  EXPECT_EQ(log, (order{"canceled: " + error(errc::canceled).message(), "promise", "drained"}));
}

}  // namespace
}  // namespace trireme::actors
