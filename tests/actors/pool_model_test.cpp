#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <trireme/core/context.hpp>
#include <trireme/core/testing/for_each_seed.hpp>
#include <trireme/core/testing/schedule.hpp>
#include <vector>

#include "pool_fixture.hpp"

// A pool driven by a seed, against the simplest specification of one: a set of jobs, each of which is
// answered once, with its value where nothing stopped it, else with the reason of what did; at most as many
// at a time as there are places; in order where order is promised.

namespace trireme::actors {
namespace {

using trireme::testing::for_each_seed;
using trireme::testing::schedule;
using trireme::testing::test_loop;
using namespace std::chrono_literals;

struct expected {
  error refused;         // there was no place, or its context had stopped
  bool stopped = false;  // asked for by the test before the answer
  bool started = false;
  bool answered = false;
  priority of = priority::normal;
  std::uint64_t key = 0;  // 0: none
  time_point deadline = time_point::max();
  std::size_t context = 0;

  bool over() const { return answered || refused; }
  /// Stopped before it started: its place is free, the answer is on its way.
  bool gone() const { return stopped && !started; }
  /// The pool may have taken its place away: for a deadline that it cannot meet.
  bool may_be_gone() const { return !started && deadline != time_point::max(); }
};

class model {
public:
  explicit model(std::uint64_t seed) : schedule_(seed) {
    pool_options how;
    how.host = &host_;
    how.workers = 1 + pick(3);
    how.min_workers = pick(how.workers + 1);
    how.queue_limit = 1 + pick(20);
    how.idle_timeout = 2ms;
    how.policy = policy_ = pick(2) == 0 ? when_full::refuse : when_full::drop_oldest;
    limit_ = how.workers + how.queue_limit;
    alone_ = how.workers == 1;
    for (context_ptr& each : contexts_) each = context::make({});
    workers_.emplace(loop_, how);
  }

  void run() {
    for (int move = 0; move < 400; ++move) make_a_move();
    if (pick(2) == 0) {
      destroyed_ = true;
      workers_.reset();
      loop_.run();
    } else {
      schedule_.settle(loop_, host_);
      EXPECT_EQ(workers_->outstanding(), 0u);
    }
    for (const expected& each : jobs_) EXPECT_TRUE(each.answered);
    EXPECT_EQ(drops_, 0u) << "each was answered `full`";
    check_order();
  }

private:
  std::size_t pick(std::size_t choices) { return schedule_.pick(choices); }

  void make_a_move() {
    switch (pick(16)) {
      case 0:
        return stop_a_context();
      case 1:
      case 2:
        return cancel();
      case 3:
        return loop_.time().advance(pick(3) * 1ms);
      case 4:
      case 5:
      case 6:
      case 7:
      case 8:
      case 9:
        return submit();
      default:
        schedule_.move(loop_, host_);
    }
  }

  void submit() {
    const std::size_t number = jobs_.size();
    expected& job = jobs_.emplace_back();
    const job_options how = options_for(job);
    job.refused = refusal(job);
    loop_.run_in(contexts_[job.context], [&] {
      handles_.push_back(workers_->with(how).run_then(
          [this, number](const error& failure, std::size_t value) { answered(number, failure, value); },
          [this](job_context& self, std::size_t which) {
            started(which, self.worker_index());
            return which;
          },
          number));
    });
    check_places();
  }
  job_options options_for(expected& job) {
    job_options how;
    how.of(job.of = static_cast<priority>(pick(3)));
    job.context = pick(2) == 0 ? 0 : pick(contexts_.size());
    if (pick(3) == 0) how.key(job.key = 1 + pick(4));
    if (pick(2) == 0) how.named(pick(2) == 0 ? "one" : "other");
    if (pick(3) == 0) how.until(job.deadline = loop_.now() + pick(8) * 1ms);
    return how;
  }
  /// What the pool must say at once. It may drop another job instead: the lowest class has one that waits.
  error refusal(const expected& job) {
    const context_ptr& within = contexts_[job.context];
    if (within && within->stop_requested()) return within->stop_reason();
    if (workers_->outstanding() < limit_) return {};
    for (std::size_t lowest = 3; policy_ == when_full::drop_oldest && lowest-- > std::size_t(job.of);) {
      if (workers_->waiting(static_cast<priority>(lowest)) == 0) continue;
      ++drops_;
      ++dropped_[lowest];
      return {};
    }
    return errc::full;
  }

  void started(std::size_t which, std::size_t worker) {
    expected& job = jobs_[which];
    EXPECT_FALSE(job.stopped) << "never started once it was stopped";
    EXPECT_FALSE(job.started) << "never twice";
    EXPECT_FALSE(job.over());
    job.started = true;
    order_.push_back(which);
    if (job.key > 0) workers_of_[job.key].insert(worker);
    loop_.time().advance(pick(3) * 1ms);
    if (pick(4) == 0) cancel();
    if (pick(2) == 0) loop_.poll();  // it turns while the job runs
  }

  void cancel() {
    if (jobs_.empty()) return;
    const std::size_t which = pick(jobs_.size());
    expected& job = jobs_[which];
    const bool active = handles_[which].active();
    if (active) {
      EXPECT_FALSE(job.over() || job.gone());
    } else if (!job.may_be_gone() && policy_ == when_full::refuse) {
      EXPECT_TRUE(job.over() || job.gone());
    }
    job.stopped = job.stopped || active;
    handles_[which].cancel();
    EXPECT_TRUE(!handles_[which].active() || job.started);
    check_places();
  }
  void stop_a_context() {
    const std::size_t which = 1 + pick(contexts_.size() - 1);
    for (std::size_t each = 0; each < jobs_.size(); ++each) {
      if (jobs_[each].context == which && handles_[each].active()) jobs_[each].stopped = true;
    }
    contexts_[which]->request_stop();
    check_places();
    if (pick(2) == 0) contexts_[which] = context::make({});
  }

  void check_places() {
    std::size_t least = 0, most = 0;
    for (const expected& each : jobs_) {
      if (each.over() || each.gone()) continue;
      ++most;
      least += each.may_be_gone() ? 0 : 1;
    }
    EXPECT_LE(workers_->outstanding(), std::min(limit_, most));
    EXPECT_GE(workers_->outstanding() + drops_, least);
  }

  void answered(std::size_t which, const error& failure, std::size_t value) {
    expected& job = jobs_[which];
    EXPECT_FALSE(job.answered) << "once";
    job.answered = true;
    if (job.refused) {
      EXPECT_EQ(failure, job.refused);
    } else if (failure == errc::canceled) {
      EXPECT_TRUE(job.stopped || destroyed_);
    } else if (failure == errc::timed_out) {
      EXPECT_LT(job.deadline, time_point::max());
      EXPECT_TRUE(!job.started || loop_.now() >= job.deadline) << "stopped too soon";
    } else if (failure == errc::full) {
      EXPECT_FALSE(job.started) << "only what waits is dropped";
      EXPECT_GT(dropped_[std::size_t(job.of)]--, 0) << "of the lowest class that waited";
      --drops_;
    } else {
      EXPECT_FALSE(failure);
      EXPECT_TRUE(job.started);
      EXPECT_FALSE(job.stopped || destroyed_) << "a stop before the answer is the answer";
      EXPECT_EQ(value, which);
    }
  }

  /// In the order submitted: what is of one class where there is one worker, and of one class and key.
  void check_order() {
    std::map<std::pair<priority, std::uint64_t>, std::size_t> latest;
    for (const std::size_t which : order_) {
      const std::uint64_t key = alone_ ? 0 : jobs_[which].key;
      if (!alone_ && key == 0) continue;
      const auto [before, first] = latest.try_emplace({jobs_[which].of, key}, which);
      EXPECT_TRUE(first || std::exchange(before->second, which) < which);
    }
    for (const auto& [key, where] : workers_of_) EXPECT_EQ(where.size(), 1u) << "one worker for a key";
  }

  schedule schedule_;
  test_loop loop_;
  manual_host host_;
  std::size_t limit_ = 0;
  when_full policy_ = when_full::refuse;
  bool alone_ = false;
  bool destroyed_ = false;
  std::array<context_ptr, 3> contexts_;
  std::deque<expected> jobs_;
  std::vector<job_handle> handles_;
  std::vector<std::size_t> order_;  // in which they started
  std::map<std::uint64_t, std::set<std::size_t>> workers_of_;
  std::array<int, 3> dropped_{};  // by class; not yet answered
  std::size_t drops_ = 0;
  std::optional<pool> workers_;
};

TEST(PoolModel, BehavesAsTheSpecificationUnderAThousandSeeds) {
  for_each_seed(
      1'000, [](std::uint64_t seed) { model(seed).run(); }, &::testing::Test::HasFailure);
}

}  // namespace
}  // namespace trireme::actors
