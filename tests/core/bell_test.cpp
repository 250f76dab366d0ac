#include <trireme/core/detail/bell.hpp>

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <trireme/core/detail/job_queue.hpp>
#include <vector>

namespace {

using namespace std::chrono_literals;
using trireme::posting;
using trireme::detail::bell;
using trireme::detail::job;
using trireme::detail::job_queue;

constexpr auto nothing = [] { return true; };
constexpr auto something = [] { return false; };

/// How often it was written to since it was last looked at.
int tokens(const bell& of) {
  int read = 0;
  pollfd watched{of.native_handle(), POLLIN, 0};
  for (std::uint64_t token; ::poll(&watched, 1, 0) > 0; ++read) {
    if (::read(of.native_handle(), &token, sizeof token) < 0) break;
  }
  return read;
}

struct nothing_much final : job {
  void run() override {}
};
std::unique_ptr<job> make() { return std::make_unique<nothing_much>(); }

TEST(Bell, WritesNothingWhileNobodySleeps) {
  bell subject;
  for (int each = 0; each < 1000; ++each) subject.ring();
  EXPECT_EQ(tokens(subject), 0);
}

TEST(Bell, WritesOnceForASleeperHoweverOftenItRings) {
  bell subject;
  ASSERT_TRUE(subject.about_to_sleep(nothing));
  for (int each = 0; each < 1000; ++each) subject.ring();
  EXPECT_EQ(tokens(subject), 1);
}

TEST(Bell, WritesOnceForEachOfItsSleepers) {
  bell subject;
  for (int each = 0; each < 3; ++each) ASSERT_TRUE(subject.about_to_sleep(nothing));
  subject.ring();
  EXPECT_EQ(tokens(subject), 1);
  subject.ring_all();
  EXPECT_EQ(tokens(subject), 2);
}

TEST(Bell, LetsNobodySleepWhoHasSomethingToDo) {
  bell subject;
  EXPECT_FALSE(subject.about_to_sleep(something));
  subject.ring();
  EXPECT_EQ(tokens(subject), 0) << "nobody sleeps";
}

TEST(Bell, SleepsNoLongerThanAsked) {
  bell subject;
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(subject.about_to_sleep(nothing));
  subject.wait(5ms);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 5ms);
  subject.ring();
  EXPECT_EQ(tokens(subject), 0) << "who gave up waiting no longer sleeps";
}

TEST(Bell, WakesTheSleeperOfSeveralQueues) {
  bell shared;
  job_queue control(10, shared);
  job_queue ordinary(10'000, shared);
  std::atomic<int> taken{0};
  std::thread sleeper([&] {
    while (taken < 2000) {
      if (control.pop() || ordinary.pop()) {
        ++taken;
      } else if (shared.about_to_sleep([&] { return control.size() + ordinary.size() == 0; })) {
        shared.wait();
      }
    }
  });
  for (int each = 0; each < 1000; ++each) {
    auto one = make();
    EXPECT_EQ(ordinary.push(one), posting::posted);
    auto other = make();
    EXPECT_EQ(control.push_always(other), posting::posted);
  }
  sleeper.join();
  EXPECT_EQ(taken, 2000);
}

}  // namespace
