#include <trireme/core/testing/schedule.hpp>

#include <chrono>
#include <set>
#include <string>
#include <trireme/actors/worker.hpp>

#include "pool_fixture.hpp"

namespace trireme::actors {
namespace {

using testing::by;
using trireme::testing::schedule;
using trireme::testing::test_loop;
using namespace std::chrono_literals;

/// Two workers that answer "a" and "b" three times: which order the loop hears.
std::string heard_under(std::uint64_t seed) {
  using echo = worker<char, char>;
  test_loop loop;
  manual_host host;
  const auto repeat = [](echo::port& parent) {
    parent.on_message([&parent](char said) { static_cast<void>(parent.post_message(char{said})); });
  };
  worker_options how;
  how.host = &host;
  echo first(loop, repeat, how);
  echo second(loop, repeat, how);
  std::string heard;
  for (echo* each : {&first, &second}) each->on_message([&heard](char said) { heard += said; });
  schedule order(seed);
  for (int message = 0; message < 3; ++message) {
    static_cast<void>(first.post_message('a'));
    order.move(loop, host);
    static_cast<void>(second.post_message('b'));
  }
  order.settle(loop, host);
  for (echo* each : {&first, &second}) each->terminate().detach();
  order.run(loop, host);
  return heard;
}

TEST(Schedule, RepeatsItselfFromItsSeed) {
  for (const std::uint64_t seed : {1, 2, 3}) EXPECT_EQ(heard_under(seed), heard_under(seed));
}

TEST(Schedule, FindsEveryOrderThatThereIs) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) orders.insert(heard_under(seed));
  EXPECT_EQ(orders.size(), 20u) << "of three a's and three b's";
}

TEST(Schedule, LetsEachStandStillForLong) {
  struct two_bodies {
    std::size_t size() const { return 2; }
    bool step(std::size_t which) {
      if (which == latest) {
        ++row;
      } else {
        row = 1;
      }
      latest = which;
      longest[which] = std::max(longest[which], row);
      return true;
    }
    std::size_t latest = 0;
    int row = 0;
    int longest[2] = {};
  } host;
  test_loop loop;
  schedule order(1);
  for (int moves = 0; moves < 10'000; ++moves) order.move(loop, host);
  EXPECT_GT(host.longest[0], 30) << "steps in which the other had none";
  EXPECT_GT(host.longest[1], 30);
}

TEST(Schedule, LeavesNothingToDo) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    test_loop loop;
    manual_host host;
    pool subject(loop, by(host, 3));
    int answers = 0;
    for (int job = 0; job < 20; ++job) subject.run([] {}).then([&] { ++answers; }).detach();
    schedule(seed).settle(loop, host);
    ASSERT_EQ(answers, 20) << "seed " << seed;
  }
}

TEST(Schedule, RunsUnderTheLoopsVirtualTime) {
  test_loop loop;
  manual_host host;
  pool subject(loop, by(host));
  time_point answered;
  loop.set_timeout(5ms, [&] { subject.run_then([&](const error&) { answered = loop.now(); }, [] {}); });
  loop.set_timeout(1h, [] {});
  schedule(1).run(loop, host);
  EXPECT_EQ(answered.time_since_epoch(), 5ms) << "none passes while anybody can move";
  EXPECT_EQ(loop.now().time_since_epoch(), 1h);
}

TEST(Schedule, LetsTimersComeDueBetweenMovesWhereTimeMayPass) {
  std::set<bool> in_time;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    test_loop loop;
    manual_host host;
    pool subject(loop, by(host));
    schedule order(seed);
    order.let_time_pass(1ms);
    subject.with(job_options().within(5ms))
        .run_then([&](const error& failure) { in_time.insert(!failure); }, [] {});
    order.run(loop, host);
  }
  EXPECT_EQ(in_time, (std::set<bool>{false, true}));
}

TEST(Schedule, PicksFromItsSeedWhateverTheNumber) {
  schedule once(7), again(7);
  for (const std::size_t choices : {0, 1, 2, 1'000}) {
    const std::size_t drawn = once.pick(choices);
    EXPECT_EQ(drawn, again.pick(choices));
    EXPECT_LT(drawn, std::max<std::size_t>(choices, 1));
  }
}

}  // namespace
}  // namespace trireme::actors
