#include <trireme/core/detail/job_queue.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace {

using trireme::posting;
using trireme::detail::job;
using trireme::detail::job_queue;

struct numbered final : job {
  numbered(int from, int value) : producer(from), number(value) {}
  void run() override {}
  int producer;
  int number;
};

std::unique_ptr<job> make(int producer, int number) { return std::make_unique<numbered>(producer, number); }
posting push(job_queue& queue, std::unique_ptr<job> work) { return queue.push(work); }

std::vector<std::thread> start(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int each = 0; each < count; ++each) threads.emplace_back(body, each);
  return threads;
}
void join(std::vector<std::thread>& threads) {
  for (auto& each : threads) each.join();
}

TEST(JobQueue, GivesBackWhatItTookInOrder) {
  job_queue queue(10);
  for (int each = 0; each < 10; ++each) EXPECT_EQ(push(queue, make(0, each)), posting::posted);
  EXPECT_EQ(queue.size(), 10u);
  for (int each = 0; each < 10; ++each) {
    const auto taken = queue.pop();
    ASSERT_TRUE(taken);
    EXPECT_EQ(static_cast<numbered&>(*taken).number, each);
  }
  EXPECT_EQ(queue.pop(), nullptr);
}

TEST(JobQueue, IsFullAtItsLimitAndLeavesTheJob) {
  job_queue queue(2);
  EXPECT_EQ(push(queue, make(0, 0)), posting::posted);
  EXPECT_EQ(push(queue, make(0, 1)), posting::posted);
  auto third = make(0, 2);
  EXPECT_EQ(queue.push(third), posting::full);
  EXPECT_TRUE(third);
  EXPECT_EQ(queue.push_always(third), posting::posted);
  EXPECT_FALSE(third);
  EXPECT_EQ(queue.size(), 3u);
  EXPECT_TRUE(queue.pop());
  EXPECT_EQ(push(queue, make(0, 3)), posting::full);
  EXPECT_TRUE(queue.pop());
  EXPECT_EQ(push(queue, make(0, 3)), posting::posted);
}

TEST(JobQueue, TakesNothingOnceClosedButGivesWhatWaits) {
  job_queue queue(2);
  EXPECT_EQ(push(queue, make(0, 0)), posting::posted);
  queue.close();
  queue.close();
  auto late = make(0, 1);
  EXPECT_EQ(queue.push(late), posting::closed);
  EXPECT_EQ(queue.push_always(late), posting::closed);
  EXPECT_TRUE(late);
  EXPECT_TRUE(queue.pop());
  EXPECT_EQ(queue.pop(), nullptr);
  queue.wait();  // does not block
}

TEST(JobQueue, DestroysWhatWaits) {
  struct counted final : job {
    explicit counted(int& into) : count(into) {}
    ~counted() override { ++count; }
    void run() override {}
    int& count;
  };
  int destroyed = 0;
  {
    job_queue queue(5);
    for (int each = 0; each < 5; ++each)
      EXPECT_EQ(push(queue, std::make_unique<counted>(destroyed)), posting::posted);
  }
  EXPECT_EQ(destroyed, 5);
}

TEST(JobQueue, SaysNotToSleepWhereThereIsSomething) {
  job_queue queue(5);
  EXPECT_TRUE(queue.about_to_sleep());
  queue.awake();
  EXPECT_EQ(push(queue, make(0, 0)), posting::posted);
  EXPECT_FALSE(queue.about_to_sleep());
  queue.wait();  // does not block
  EXPECT_TRUE(queue.pop());
  queue.close();
  EXPECT_FALSE(queue.about_to_sleep());
}

TEST(JobQueue, CountsWhatWasTakenUntilItIsReleased) {
  job_queue queue(2);
  EXPECT_EQ(push(queue, make(0, 0)), posting::posted);
  EXPECT_EQ(push(queue, make(0, 1)), posting::posted);
  std::unique_ptr<job> desk[4];
  EXPECT_EQ(queue.take(desk, 4), 2u);
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(push(queue, make(0, 2)), posting::full);
  queue.release(1);
  EXPECT_EQ(push(queue, make(0, 2)), posting::posted);
  EXPECT_EQ(push(queue, make(0, 3)), posting::full);
  queue.release(1);
  EXPECT_EQ(queue.pop_many(desk, 4), 1u);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(JobQueue, CountsWhatIsAnnouncedUntilItIsWithdrawn) {
  job_queue queue(2);
  queue.announce();
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_FALSE(queue.about_to_sleep());
  queue.withdraw();
  EXPECT_EQ(queue.size(), 0u);
  queue.announce();
  auto work = make(0, 0);
  EXPECT_EQ(queue.push_announced(work), posting::posted);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_TRUE(queue.pop());
}

// B14: each job exactly once, first in first out for each producer.
TEST(JobQueue, GivesEachJobOnceAndInTheOrderOfItsProducer) {
  constexpr int producers = 4, consumers = 4, each_makes = 20000;
  job_queue queue(1 << 20);
  std::vector<std::vector<std::atomic<int>>> seen(producers);
  for (auto& row : seen) row = std::vector<std::atomic<int>>(each_makes);
  std::atomic<bool> ordered{true};
  auto eating = start(consumers, [&](int) {
    std::vector<int> last(producers, -1);
    for (;;) {
      const auto taken = queue.pop();
      if (!taken) {
        if (queue.closed() && queue.size() == 0) return;
        queue.wait();
        continue;
      }
      const auto& work = static_cast<numbered&>(*taken);
      ++seen[static_cast<std::size_t>(work.producer)][static_cast<std::size_t>(work.number)];
      if (work.number <= std::exchange(last[static_cast<std::size_t>(work.producer)], work.number))
        ordered = false;
    }
  });
  auto making = start(producers, [&](int producer) {
    for (int number = 0; number < each_makes; ++number) {
      if (push(queue, make(producer, number)) != posting::posted) std::abort();
    }
  });
  join(making);
  queue.close();
  join(eating);
  EXPECT_TRUE(ordered);
  for (const auto& row : seen) {
    for (const auto& count : row) ASSERT_EQ(count, 1);
  }
}

// The limit holds whatever the number of producers.
TEST(JobQueue, NeverHoldsMoreThanItsLimit) {
  job_queue queue(100);
  std::atomic<int> posted{0};
  auto making = start(8, [&](int producer) {
    for (int number = 0; number < 1000; ++number)
      posted += push(queue, make(producer, number)) == posting::posted;
  });
  join(making);
  EXPECT_EQ(posted, 100);
  EXPECT_EQ(queue.size(), 100u);
}

TEST(JobQueue, LosesNoWakeUpInAHundredThousandRounds) {
  constexpr int rounds = 100000;
  job_queue there(4), back(4);
  std::thread other([&] {
    for (int round = 0; round < rounds; ++round) {
      std::unique_ptr<job> taken;
      while (!(taken = there.pop())) there.wait();
      if (back.push(taken) != posting::posted) std::abort();
    }
  });
  for (int round = 0; round < rounds; ++round) {
    ASSERT_EQ(push(there, make(0, round)), posting::posted);
    std::unique_ptr<job> taken;
    while (!(taken = back.pop())) back.wait();
    ASSERT_EQ(static_cast<numbered&>(*taken).number, round);
  }
  other.join();
}

TEST(JobQueue, LosesNoWakeUpWithSeveralSleepers) {
  constexpr int rounds = 20000;
  job_queue there(4), back(4);
  auto eating = start(3, [&](int) {
    for (;;) {
      if (auto taken = there.pop()) {
        if (back.push_always(taken) != posting::posted) std::abort();
      } else if (there.closed()) {
        return;
      } else {
        there.wait();
      }
    }
  });
  for (int round = 0; round < rounds; ++round) {
    const int burst = 1 + round % 3;
    for (int each = 0; each < burst; ++each) ASSERT_EQ(push(there, make(0, each)), posting::posted);
    for (int each = 0; each < burst;) {
      if (back.pop()) {
        ++each;
      } else {
        back.wait();
      }
    }
  }
  there.close();
  join(eating);
}

TEST(JobQueue, WakesAllSleepersWhenClosed) {
  for (int round = 0; round < 200; ++round) {
    job_queue queue(1);
    auto sleeping = start(4, [&](int) {
      while (!queue.closed()) queue.wait();
    });
    queue.close();
    join(sleeping);
  }
}

TEST(JobQueue, RefusesOrDeliversWhatIsPushedWhileItCloses) {
  for (int round = 0; round < 200; ++round) {
    job_queue queue(1000);
    std::atomic<int> posted{0};
    auto making = start(3, [&](int producer) {
      for (int number = 0; number < 100; ++number)
        posted += push(queue, make(producer, number)) == posting::posted;
    });
    queue.close();
    join(making);
    int taken = 0;
    while (queue.pop()) ++taken;
    ASSERT_EQ(taken, posted);
  }
}

TEST(JobQueue, KeepsTheOrderOfAProducerThatGoesFromThreadToThread) {
  job_queue queue(1000);
  job_queue::producer known(queue);
  int next = 0;
  for (int thread = 0; thread < 10; ++thread) {
    std::thread pushing([&] {
      for (int each = 0; each < 100; ++each) {
        auto made = make(0, next++);
        EXPECT_EQ(each % 2 ? known.push(made) : known.push_always(made), posting::posted);
      }
    });
    pushing.join();
  }
  for (int each = 0; each < 1000; ++each) {
    const auto taken = queue.pop();
    ASSERT_TRUE(taken);
    ASSERT_EQ(static_cast<numbered&>(*taken).number, each);
  }
}

TEST(JobQueue, RefusesAProducerAtItsLimitAndOnceClosed) {
  job_queue queue(1);
  job_queue::producer known(queue);
  auto first = make(0, 0);
  auto second = make(0, 1);
  EXPECT_EQ(known.push(first), posting::posted);
  EXPECT_EQ(known.push(second), posting::full);
  queue.close();
  EXPECT_EQ(known.push_always(second), posting::closed);
  EXPECT_TRUE(second);
}

}  // namespace
