#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "pool_fixture.hpp"

// A pool driven by a seed, against the simplest specification of one: a set of jobs, each of which is
// answered once, with its value where nothing stopped it, and at most as many at a time as there are places.

namespace trireme::actors {
namespace {

using trireme::testing::test_loop;
using namespace std::chrono_literals;

struct expected {
  bool stopped = false;  // asked for by the test before the answer
  bool refused = false;  // there was no place
  bool running = false;
  bool answered = false;
  std::uint64_t key = 0;  // 0: none
};

class model {
public:
  explicit model(std::uint64_t seed) : random_(seed) {
    pool_options how;
    how.host = &host_;
    how.workers = 1 + pick(3);
    how.min_workers = pick(how.workers + 1);
    how.queue_limit = 1 + pick(20);
    how.idle_timeout = 2ms;
    limit_ = how.workers + how.queue_limit;
    workers_.emplace(loop_, how);
  }

  void run() {
    for (int move = 0; move < 400; ++move) make_a_move();
    if (pick(2) == 0) {
      workers_.reset();
      destroyed_ = true;
      loop_.run();
    } else {
      host_.settle(loop_);
      EXPECT_EQ(workers_->outstanding(), 0u);
    }
    for (const expected& each : jobs_) EXPECT_TRUE(each.answered);
    check_keys();
  }

private:
  std::size_t pick(std::size_t choices) { return random_() % choices; }

  void make_a_move() {
    switch (pick(8)) {
      case 0:
      case 1:
      case 2:
        return submit();
      case 3:
        return cancel();
      case 4:
        loop_.time().advance(pick(3) * 1ms);
        return;
      case 5:
        loop_.poll();
        return;
      default:
        if (host_.size() > 0) host_.step(pick(host_.size()));
    }
  }

  void submit() {
    const std::size_t number = jobs_.size();
    jobs_.emplace_back();
    jobs_.back().refused = outstanding() >= limit_;
    job_options how;
    how.of(static_cast<priority>(pick(3)));
    if (pick(3) == 0) how.key(jobs_.back().key = 1 + pick(4));
    if (pick(2) == 0) how.named(pick(2) == 0 ? "one" : "other");
    classes_.push_back(how);
    handles_.push_back(workers_->with(how).run_then(
        [this, number](const error& failure, std::size_t value) { answered(number, failure, value); },
        [this](job_context& self, std::size_t which) {
          EXPECT_FALSE(jobs_[which].stopped) << "never started once it was stopped";
          EXPECT_FALSE(jobs_[which].running) << "never twice";
          jobs_[which].running = true;
          if (jobs_[which].key > 0) started_[jobs_[which].key].push_back(self.worker_index());
          loop_.time().advance(pick(3) * 1ms);
          return which;
        },
        number));
    EXPECT_EQ(workers_->outstanding(), outstanding());
  }

  void cancel() {
    if (jobs_.empty()) return;
    const std::size_t which = pick(jobs_.size());
    EXPECT_EQ(handles_[which].active(), !jobs_[which].answered && !jobs_[which].refused && !gone(which));
    if (handles_[which].active()) jobs_[which].stopped = true;
    handles_[which].cancel();
    EXPECT_EQ(workers_->outstanding(), outstanding());
  }

  /// Stopped before it started: its place is free, the answer is on its way.
  bool gone(std::size_t which) const { return jobs_[which].stopped && !jobs_[which].running; }
  std::size_t outstanding() const {
    std::size_t count = 0;
    for (std::size_t which = 0; which < handles_.size(); ++which) {
      if (!jobs_[which].answered && !jobs_[which].refused && !gone(which)) ++count;
    }
    return count;
  }

  void answered(std::size_t which, const error& failure, std::size_t value) {
    expected& job = jobs_[which];
    EXPECT_FALSE(job.answered) << "once";
    job.answered = true;
    if (job.refused) {
      EXPECT_EQ(failure, error(errc::full));
    } else if (job.stopped || destroyed_) {
      EXPECT_TRUE(failure == error(errc::canceled));
    } else if (!failure) {
      EXPECT_TRUE(job.running);
      EXPECT_EQ(value, which);
    } else {
      EXPECT_FALSE(workers_) << "the pool went first";
    }
  }

  void check_keys() {
    for (const auto& [key, where] : started_) {
      EXPECT_EQ(std::set<std::size_t>(where.begin(), where.end()).size(), 1u) << "one worker for a key";
    }
  }

  std::mt19937_64 random_;
  test_loop loop_;
  manual_host host_;
  std::size_t limit_ = 0;
  bool destroyed_ = false;
  std::deque<expected> jobs_;
  std::vector<job_options> classes_;
  std::vector<job_handle> handles_;
  std::map<std::uint64_t, std::vector<std::size_t>> started_;
  std::optional<pool> workers_;
};

TEST(PoolModel, BehavesAsTheSpecificationUnderAThousandSeeds) {
  for (std::uint64_t seed = 1; seed <= 1'000 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    model(seed).run();
  }
}

}  // namespace
}  // namespace trireme::actors
