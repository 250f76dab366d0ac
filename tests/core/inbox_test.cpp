#include <trireme/core/detail/inbox.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

constexpr int threads_used = 8;

void join(std::vector<std::thread>& threads) {
  for (auto& each : threads) each.join();
}

TEST(Inbox, RunsWhatIsPostedInOrder) {
  test_loop loop;
  order log;
  for (const auto* each : {"a", "b", "c"}) {
    EXPECT_EQ(loop.post([&log, each] { log(each); }), posting::posted);
  }
  loop.run();
  EXPECT_EQ(log, (order{"a", "b", "c"}));
}

TEST(Inbox, LetsAPostFromACallbackOfTheInboxWaitForTheNextTurn) {
  test_loop loop;
  order log;
  static_cast<void>(loop.post([&] {
    log("first");
    loop.set_immediate([&] { log("immediate"); });
    static_cast<void>(loop.post([&] { log("nested"); }));
  }));
  loop.run();
  EXPECT_EQ(log, (order{"first", "immediate", "nested"}));
}

TEST(Inbox, IsFullAtItsLimitAndLeavesTheCallback) {
  loop_options options;
  options.inbox_limit = 2;
  test_loop loop(options);
  int ran = 0;
  const auto count = [&ran] { ++ran; };
  EXPECT_EQ(loop.post(count), posting::posted);
  EXPECT_EQ(loop.remote().post(*std::make_unique<callback>(count)), posting::posted);
  callback third = count;
  EXPECT_EQ(loop.post(third), posting::full);
  ASSERT_TRUE(third);
  loop.run();
  EXPECT_EQ(ran, 2);
  EXPECT_EQ(loop.post(third), posting::posted);
  EXPECT_FALSE(third);
  loop.run();
  EXPECT_EQ(ran, 3);
}

// B04: everything on the loop's thread, first in first out for each of eight producers, nothing lost.
TEST(Inbox, TakesPostsFromEightThreadsWhileTheLoopRuns) {
  constexpr int posts = 5000;
  loop loop;
  std::optional<pending_work> open(std::in_place, loop);
  const auto home = std::this_thread::get_id();
  std::vector<int> last(threads_used, -1);
  int total = 0;
  bool in_order = true, at_home = true;
  std::vector<std::thread> threads;
  for (int producer = 0; producer < threads_used; ++producer) {
    threads.emplace_back([&, remote = loop.remote(), producer] {
      for (int number = 0; number < posts; ++number) {
        callback work = [&, producer, number] {
          in_order =
              in_order && std::exchange(last[static_cast<std::size_t>(producer)], number) == number - 1;
          at_home = at_home && std::this_thread::get_id() == home;
          if (++total == threads_used * posts) open.reset();
        };
        if (remote.post(work) != posting::posted) std::abort();
      }
    });
  }
  EXPECT_EQ(loop.run(), 0);
  join(threads);
  EXPECT_EQ(total, threads_used * posts);
  EXPECT_TRUE(in_order);
  EXPECT_TRUE(at_home);
}

TEST(Inbox, KeepsPostsThroughStopsAndRunsOfTheLoop) {
  constexpr int posts = 1000;
  loop loop;
  int total = 0;
  std::vector<std::thread> threads;
  for (int producer = 0; producer < threads_used; ++producer) {
    threads.emplace_back([&, remote = loop.remote()] {
      for (int number = 0; number < posts; ++number) {
        callback work = [&] {
          if (++total % 10 == 0) loop.stop();
        };
        if (remote.post(work) != posting::posted) std::abort();
      }
    });
  }
  while (total < threads_used * posts) loop.run();
  join(threads);
  EXPECT_EQ(total, threads_used * posts);
}

// What is posted is called or destroyed, exactly once; what is not stays with the caller.
TEST(Inbox, AccountsForEveryPostWhileTheLoopIsDestroyed) {
  struct counted {
    explicit counted(std::atomic<int>& into) : count(&into) {}
    counted(counted&& other) noexcept : count(std::exchange(other.count, nullptr)) {}
    ~counted() {
      if (count) ++*count;
    }
    void operator()() const {}
    std::atomic<int>* count;
  };
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> ended{0}, made{0};
    std::atomic<bool> go{false};
    std::vector<std::thread> threads;
    {
      loop_options options;
      options.inbox_limit = 1000;
      loop loop(options);
      for (int producer = 0; producer < threads_used; ++producer) {
        threads.emplace_back([&, remote = loop.remote()] {
          while (!go) std::this_thread::yield();
          for (posting outcome = posting::posted; outcome != posting::closed;) {
            ++made;
            callback work = counted(ended);
            outcome = remote.post(work);
            ASSERT_EQ(static_cast<bool>(work), outcome != posting::posted);
          }
        });
      }
      go = true;
      while (made < threads_used) loop.poll();
    }
    join(threads);
    ASSERT_EQ(ended, made);
  }
}

// The real clock: a loop asleep without any timer is woken, every time.
TEST(Inbox, WakesALoopThatSleeps) {
  constexpr int rounds = 5000;
  loop loop;
  std::optional<pending_work> open(std::in_place, loop);
  std::atomic<int> answered{0};
  std::thread other([&, remote = loop.remote()] {
    for (int round = 1; round <= rounds; ++round) {
      callback work = [&answered, round] { answered = round; };
      if (remote.post(work) != posting::posted) std::abort();
      while (answered != round) std::this_thread::yield();
    }
    callback last = [&open] { open.reset(); };
    if (remote.post(last) != posting::posted) std::abort();
  });
  EXPECT_EQ(loop.run(), 0);
  other.join();
  EXPECT_EQ(answered, rounds);
}

TEST(Inbox, WakesALoopThatSleepsUntilATimer) {
  loop loop;
  const auto start = std::chrono::steady_clock::now();
  loop.set_timeout(1h, [] {});
  std::thread other([&, remote = loop.remote()] {
    callback work = [&loop] { loop.stop(4); };
    if (remote.post(work) != posting::posted) std::abort();
  });
  EXPECT_EQ(loop.run(), 4);
  other.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
}

}  // namespace
