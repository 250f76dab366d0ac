#include <trireme/core/polling.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>
#include <trireme/core/detail/spinner.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/remote_loop.hpp>

#include "watched_pair.hpp"

namespace {

using namespace std::chrono_literals;
using trireme::polling;
using trireme::detail::spinner;

bool has_company() { return std::thread::hardware_concurrency() > 1; }

trireme::duration cpu_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

/// In how many of `sleeps` it looked at all, finding nothing.
int sleeps_looked_before(spinner& subject, int sleeps) {
  int looked = 0;
  for (int each = 0; each < sleeps; ++each) {
    bool any = false;
    EXPECT_FALSE(subject.find([&] {
      any = true;
      return false;
    }));
    looked += any ? 1 : 0;
  }
  return looked;
}

TEST(Polling, TakesWhatIsThereAtTheFirstLook) {
  if (!has_company()) GTEST_SKIP() << "this machine has one CPU";
  spinner subject(polling::automatic());
  int looks = 0;
  EXPECT_TRUE(subject.find([&] { return ++looks > 0; }));
  EXPECT_EQ(looks, 1);
}

TEST(Polling, NeverLooksWhereItIsOff) {
  spinner subject(polling::off());
  EXPECT_EQ(sleeps_looked_before(subject, 100), 0);
}

TEST(Polling, LooksForAsLongAsItIsToldBeforeEverySleep) {
  if (!has_company()) GTEST_SKIP() << "this machine has one CPU";
  spinner subject(polling::up_to(100us));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(sleeps_looked_before(subject, 20), 20);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 2ms);
}

TEST(Polling, LooksNoLongerThanTheSleepWouldBe) {
  if (!has_company()) GTEST_SKIP() << "this machine has one CPU";
  spinner subject(polling::up_to(1h));
  EXPECT_FALSE(subject.find([] { return false; }, 1us));
}

TEST(Polling, LooksLessAndLessOftenInVainAndAgainOnceItFinds) {
  if (!has_company()) GTEST_SKIP() << "this machine has one CPU";
  spinner subject(polling::automatic());
  EXPECT_LE(sleeps_looked_before(subject, 10'000), 20);
  for (bool found = false; !found;) found = subject.find([] { return true; });
  EXPECT_GE(sleeps_looked_before(subject, 2), 1);
}

// A process with nothing to do uses no CPU, though others work for it.
TEST(Polling, UsesNoCpuWhileNothingHappens) {
  trireme::loop loop;
  const trireme::pending_work other_threads_work(loop);
  const auto before = cpu_time();
  loop.run_for(400ms);
  EXPECT_LT(cpu_time() - before, 20ms);
}

TEST(Polling, FindsAnswersThatComeWithinTheBudgetInOrder) {
  trireme::loop_options options;
  options.polling = polling::up_to(1ms);
  trireme::loop loop(options);
  std::optional<trireme::pending_work> alive(std::in_place, loop);
  constexpr int count = 20'000;
  int next = 0;
  std::thread other([&, remote = loop.remote()] {
    for (int each = 0; each < count; ++each) {
      trireme::callback arrived = [&, each] {
        EXPECT_EQ(each, next);
        if (++next == count) alive.reset();
      };
      while (remote.post(arrived) != trireme::posting::posted) std::this_thread::yield();
    }
  });
  loop.run();
  other.join();
  EXPECT_EQ(next, count);
}

// However steadily answers come, sockets and timers have their turn.
TEST(Polling, StarvesNeitherTimersNorSocketsWhileAnswersFlow) {
  trireme::loop_options options;
  options.polling = polling::up_to(1ms);
  trireme::loop loop(options);
  std::optional<trireme::pending_work> alive(std::in_place, loop);
  std::atomic<bool> over{false};
  std::thread other([&, remote = loop.remote()] {
    while (!over) {
      trireme::callback nothing = [] {};
      static_cast<void>(remote.post(nothing));
      std::this_thread::yield();
    }
  });
  int bytes = 0;
  trireme::testing::watched_pair pair(loop, [&] { ++bytes; });
  pair.watched->unref();
  int ticks = 0;
  trireme::timer each = loop.set_interval(1ms, [&] {
    EXPECT_GE(bytes, ticks - 1) << "sent a millisecond ago and more";
    pair.send_byte();
    if (++ticks < 20) return;
    each.clear();
    over = true;
    alive.reset();
  });
  loop.run();
  other.join();
  EXPECT_EQ(ticks, 20);
}

}  // namespace
