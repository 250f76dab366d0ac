#include <trireme/core/detail/timer_queue.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using detail::timer_queue;

// B14: equal deadlines in the order armed, also where their durations differ.
TEST(TimerQueue, KeepsTheOrderOfEqualDeadlines) {
  timer_queue timers;
  std::mt19937 random(7);
  std::vector<std::tuple<time_point, std::size_t, timer_queue::index>> expected;
  time_point now{};
  for (std::size_t number = 0; number < 100000; ++number) {
    if (number % 1000 == 999) now += 1ms;
    const duration delay = std::chrono::milliseconds(random() % 50);
    const auto which = timers.add(delay, false, [] {}, {});
    timers.arm(which, now);
    expected.emplace_back(now + delay, number, which);
  }
  std::sort(expected.begin(), expected.end());
  for (const auto& [deadline, number, which] : expected) {
    ASSERT_EQ(timers.next_deadline(), deadline);
    ASSERT_EQ(timers.due(deadline, timers.sequence()), which);
    timers.erase(which);
  }
  EXPECT_EQ(timers.used(), 0u);
}

TEST(TimerQueue, IsNeverDueEarly) {
  timer_queue timers;
  const auto which = timers.add(5ms, false, [] {}, {});
  timers.arm(which, time_point(1ms));
  EXPECT_EQ(timers.due(time_point(6ms) - 1ns, timers.sequence()), timer_queue::none);
  EXPECT_EQ(timers.due(time_point(6ms), timers.sequence()), which);
}

TEST(TimerQueue, HidesWhatWasArmedFromTheSequenceOn) {
  timer_queue timers;
  const auto mark = timers.sequence();
  const auto which = timers.add(0ms, false, [] {}, {});
  timers.arm(which, time_point{});
  EXPECT_EQ(timers.due(time_point{}, mark), timer_queue::none);
  EXPECT_EQ(timers.due(time_point{}, timers.sequence()), which);
}

TEST(TimerQueue, SaturatesADeadlineBeyondTheEndOfTime) {
  timer_queue timers;
  const auto which = timers.add(duration::max(), false, [] {}, {});
  timers.arm(which, time_point(1h));
  EXPECT_EQ(timers.next_deadline(), time_point::max());
}

TEST(TimerQueue, KnowsAStaleHandle) {
  timer_queue timers;
  const auto first = timers.add(1ms, false, [] {}, {});
  const auto generation = timers[first].generation;
  timers.arm(first, time_point{});
  EXPECT_TRUE(timers.current(first, generation));
  timers.erase(first);
  EXPECT_FALSE(timers.current(first, generation));
  const auto second = timers.add(1ms, false, [] {}, {});
  EXPECT_EQ(first, second);
  EXPECT_FALSE(timers.current(second, generation));
}

/// Against a plain sorted vector, with clears and refreshes at random, and more durations than are kept.
TEST(TimerQueue, AgreesWithASortedVector) {
  struct armed {
    time_point deadline;
    std::uint64_t order;
    timer_queue::index which;
    duration delay;
    bool operator<(const armed& other) const {
      return std::tie(deadline, order) < std::tie(other.deadline, other.order);
    }
  };
  timer_queue timers;
  std::vector<armed> model;
  std::mt19937 random(11);
  time_point now{};
  std::uint64_t next = 0;
  for (int step = 0; step < 50000; ++step) {
    const auto pick = model.empty() ? 0 : random() % model.size();
    switch (random() % 4) {
      case 0:
      case 1: {
        const duration delay = std::chrono::milliseconds(random() % 300);
        const auto which = timers.add(delay, false, [] {}, {});
        timers.arm(which, now);
        model.push_back({now + delay, next++, which, delay});
        break;
      }
      case 2:
        if (model.empty()) break;
        if (random() % 2) {
          timers.disarm(model[pick].which);
          timers.arm(model[pick].which, now);
          model[pick].deadline = now + model[pick].delay;
          model[pick].order = next++;
        } else {
          timers.erase(model[pick].which);
          model.erase(model.begin() + static_cast<std::ptrdiff_t>(pick));
        }
        break;
      default:
        now += std::chrono::milliseconds(random() % 5);
        for (auto due = timers.due(now, timers.sequence()); due != timer_queue::none;
             due = timers.due(now, timers.sequence())) {
          const auto first = std::min_element(model.begin(), model.end());
          ASSERT_TRUE(first != model.end() && first->deadline <= now);
          ASSERT_EQ(first->which, due);
          timers.erase(due);
          model.erase(first);
        }
        ASSERT_TRUE(model.empty() || std::min_element(model.begin(), model.end())->deadline > now);
    }
    ASSERT_EQ(timers.used(), model.size());
  }
}

/// Owns something that arms more timers than the table holds as it is destroyed.
struct arms_at_end {
  explicit arms_at_end(timer_queue& into) : timers(&into) {}
  arms_at_end(arms_at_end&& other) noexcept : timers(std::exchange(other.timers, nullptr)) {}
  ~arms_at_end() {
    if (!timers) return;
    for (int more = 0; more < 100; ++more) timers->arm(timers->add(1ms, false, [] {}, {}), time_point{});
    touched = true;
  }
  timer_queue* timers;
  bool touched = false;
};

TEST(TimerQueue, LetsACallbackArmTimersWhileItIsDestroyed) {
  timer_queue timers;
  const auto which =
      timers.add(1ms, false, [owned = std::make_unique<int>(1), last = arms_at_end(timers)] {}, {});
  timers.arm(which, time_point{});
  timers.erase(which);
  EXPECT_GE(timers.used(), 100u);
  timers.clear();
  EXPECT_EQ(timers.used(), 0u);
}

TEST(TimerQueue, ClearsEverythingThatIsArmed) {
  timer_queue timers;
  auto counted = std::make_shared<int>(0);
  for (int number = 0; number < 1000; ++number) {
    timers.arm(timers.add(std::chrono::milliseconds(number % 130), number % 2 == 0, [counted] {}, {}),
               time_point{});
  }
  timers.clear();
  EXPECT_EQ(timers.used(), 0u);
  EXPECT_EQ(counted.use_count(), 1);
  EXPECT_EQ(timers.next_deadline(), std::nullopt);
}

}  // namespace
