#include <trireme/actors/channel.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <random>
#include <trireme/actors/manual_host.hpp>
#include <trireme/actors/worker.hpp>
#include <trireme/core/testing/for_each_seed.hpp>
#include <trireme/core/testing/schedule.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

// Both ends of a channel travel between a loop and two workers while messages flow in both directions.
// Whatever the schedule, each end must hear what one queue without threads would say: all, once, in order.

namespace trireme::actors {
namespace {

using testing::for_each_seed;
using testing::schedule;
using testing::test_loop;
using errand = unique_function<void()>;
using runner = worker<errand, int>;

constexpr int messages = 60;

/// A loop and two workers that run what they are given.
class places {
public:
  places(test_loop& loop, worker_host* host) : loop_(loop) {
    worker_options options;
    options.host = host;
    for (auto& each : workers_) each = std::make_unique<runner>(loop, run_errands, options);
  }
  static constexpr std::size_t count = 3;

  void run_at(std::size_t place, errand work) const {
    const posting outcome =
        place == 0 ? loop_.post(work) : workers_[place - 1]->post_message(std::move(work));
    EXPECT_EQ(outcome, posting::posted);
  }
  void terminate() {
    for (auto& each : workers_) each->terminate().detach();
  }

private:
  static void run_errands(runner::port& parent) {
    parent.on_message([](errand work) { work(); });
  }
  test_loop& loop_;
  std::array<std::unique_ptr<runner>, 2> workers_;
};

/// An end that posts the numbers from 0 and moves on, as its dice say, and writes down what it hears.
class traveller {
public:
  traveller(const places& where, port<int, int> end, std::uint32_t seed, std::atomic<int>& under_way)
      : places_(where), end_(std::move(end)), dice_(seed), under_way_(under_way) {}
  void set_out() { go_to(dice_() % places::count); }
  const std::vector<int>& heard() const noexcept { return heard_; }

private:
  void go_to(std::size_t place) {
    end_.unbind();
    places_.run_at(place, [this, place, end = std::move(end_)]() mutable {
      end_ = std::move(end);
      end_.on_message([this](int number) { hears(number); });
      act_at(place);
    });
  }
  void act_at(std::size_t place) {
    for (auto burst = dice_() % 4; burst > 0 && next_ < messages; --burst) {
      if (end_.post_message(int{next_}) == posting::posted) ++next_;
    }
    if (next_ == messages) {
      posted_all_ = true;
      arrive();
    } else if (dice_() % 2 == 0) {
      go_to(dice_() % places::count);  // from here on it is another thread's
    } else {
      places_.run_at(place, [this, place] { act_at(place); });
    }
  }
  void hears(int number) {
    heard_.push_back(number);
    arrive();
  }
  /// Over once it has said and heard everything; then it stays where it is until the channel goes.
  void arrive() {
    if (!posted_all_ || heard_.size() < messages || std::exchange(over_, true)) return;
    end_.unbind();
    --under_way_;
  }

  const places& places_;
  port<int, int> end_;
  std::minstd_rand dice_;
  std::atomic<int>& under_way_;
  std::vector<int> heard_;
  int next_ = 0;
  bool posted_all_ = false;
  bool over_ = false;
};

std::vector<int> what_a_queue_says() {
  std::vector<int> all(messages);
  for (int number = 0; number < messages; ++number) all[static_cast<std::size_t>(number)] = number;
  return all;
}

class journey {
public:
  journey(std::uint32_t seed, worker_host* host)
      : places_(loop_, host),
        made_(few(seed)),
        first_(places_, std::move(made_.first), seed, under_way_),
        second_(places_, std::move(made_.second), seed + 1, under_way_) {
    first_.set_out();
    second_.set_out();
  }
  bool under_way() const noexcept { return under_way_ > 0; }
  test_loop& loop() noexcept { return loop_; }
  void check() {
    places_.terminate();
    EXPECT_EQ(first_.heard(), what_a_queue_says());
    EXPECT_EQ(second_.heard(), what_a_queue_says());
  }

private:
  static channel_options few(std::uint32_t seed) {
    channel_options made;
    made.limit = 1 + seed % 7;
    return made;
  }

  test_loop loop_;
  std::atomic<int> under_way_{2};
  places places_;
  channel<int> made_;
  traveller first_;
  traveller second_;
};

void travel(std::uint64_t seed) {
  manual_host host;
  journey subject(static_cast<std::uint32_t>(seed), &host);
  schedule order(seed);
  int moves = 0;
  for (; subject.under_way() && moves < 100'000; ++moves) order.move(subject.loop(), host);
  EXPECT_LT(moves, 100'000);
  subject.check();
  order.settle(subject.loop(), host);
}

TEST(PortJourney, LosesRepeatsAndReordersNothingUnderAnyScheduleFromASeed) {
  for_each_seed(1'000, travel, &::testing::Test::HasFailure);
}

TEST(PortJourney, LosesRepeatsAndReordersNothingBetweenThreads) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    journey subject(seed, nullptr);
    while (subject.under_way()) subject.loop().poll();
    subject.check();
    subject.loop().run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace trireme::actors
