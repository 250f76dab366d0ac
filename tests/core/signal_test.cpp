#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

/// Turns until `count` events are there: a signal needs the kernel to carry it through the loop's socket.
void turn_until(test_loop& loop, const order& log, std::size_t count) {
  for (int turns = 0; turns < 1000 && log.events().size() < count; ++turns) loop.poll();
}

auto disposition(int number) {
  struct sigaction now {};
  ::sigaction(number, nullptr, &now);
  return now.sa_handler;
}

TEST(Signal, CallsOnTheLoopForEachSignal) {
  test_loop loop;
  order log;
  const hook usr1 = loop.on_signal(SIGUSR1, [&] {
    log("usr1");
    loop.queue_microtask([&] { log("micro"); });
    loop.next_tick([&] { log("tick"); });
  });
  ::raise(SIGUSR1);
  EXPECT_EQ(log, order());
  ::raise(SIGUSR1);
  turn_until(loop, log, 6);
  EXPECT_EQ(log, (order{"usr1", "tick", "micro", "usr1", "tick", "micro"}));
}

TEST(Signal, TellsSignalsApart) {
  test_loop loop;
  order log;
  const hook usr1 = loop.on_signal(SIGUSR1, [&] { log("usr1"); });
  const hook usr2 = loop.on_signal(SIGUSR2, [&] { log("usr2"); });
  for (const int number : {SIGUSR2, SIGUSR1, SIGUSR2}) ::raise(number);
  turn_until(loop, log, 3);
  EXPECT_EQ(log, (order{"usr2", "usr1", "usr2"}));
}

TEST(Signal, DoesNotKeepTheLoopAliveUnlessReferenced) {
  test_loop loop;
  hook usr1 = loop.on_signal(SIGUSR1, [] {});
  EXPECT_FALSE(loop.alive());
  EXPECT_EQ(loop.run(), 0);
  usr1.ref();
  EXPECT_TRUE(loop.alive());
  usr1.clear();
  EXPECT_FALSE(loop.alive());
}

TEST(Signal, ReachesALoopThatSleeps) {
  loop loop;
  loop.set_timeout(1h, [] {});
  const hook usr1 = loop.on_signal(SIGUSR1, [&] { loop.stop(9); });
  loop.set_immediate([] { ::raise(SIGUSR1); });
  EXPECT_EQ(loop.run(), 9);
}

TEST(Signal, CallsAgainAfterACallThatThrew) {
  test_loop loop;
  order log;
  loop.on_uncaught([&](const error& failure) { log("caught " + failure.message()); });
  const hook usr1 = loop.on_signal(SIGUSR1, [&] {
    log("usr1");
    throw std::runtime_error("it");
  });
  ::raise(SIGUSR1);
  turn_until(loop, log, 2);
  ::raise(SIGUSR1);
  turn_until(loop, log, 4);
  EXPECT_EQ(log, (order{"usr1", "caught it", "usr1", "caught it"}));
}

TEST(Signal, LeavesTheRestForTheNextRunWhenStopped) {
  test_loop loop;
  order log;
  loop.set_timeout(1h, [] {});
  const hook usr1 = loop.on_signal(SIGUSR1, [&] {
    log("usr1");
    loop.stop();
  });
  ::raise(SIGUSR1);
  ::raise(SIGUSR1);
  loop.run();
  EXPECT_EQ(log, (order{"usr1"}));
  loop.run();
  EXPECT_EQ(log, (order{"usr1", "usr1"}));
}

TEST(Signal, MayBeReplacedAndRemovedFromWithin) {
  test_loop loop;
  order log;
  hook first, second;
  first = loop.on_signal(SIGUSR1, [&, name = std::make_unique<std::string>("first")] {
    second = loop.on_signal(SIGUSR1, [&] {
      log("second");
      second.clear();
    });
    first.clear();
    log(*name);
  });
  ::raise(SIGUSR1);
  turn_until(loop, log, 1);
  ::raise(SIGUSR1);
  turn_until(loop, log, 2);
  EXPECT_EQ(log, (order{"first", "second"}));
  EXPECT_EQ(disposition(SIGUSR1), SIG_DFL);
}

TEST(Signal, TellsEveryWatcherOfALoopInTheirOrder) {
  test_loop loop;
  order log;
  hook first = loop.on_signal(SIGUSR1, [&] {
    log("first");
    loop.next_tick([&] { log("tick"); });
  });
  const hook second = loop.on_signal(SIGUSR1, [&] { log("second"); });
  ::raise(SIGUSR1);
  turn_until(loop, log, 3);
  first.clear();
  ::raise(SIGUSR1);
  turn_until(loop, log, 4);
  EXPECT_EQ(log, (order{"first", "tick", "second", "second"}));
}

TEST(Signal, RunsUnderTheContextItWasMadeUnder) {
  test_loop loop;
  order log;
  const auto work = context::make({});
  const hook usr1 = loop.run_in(work, [&] {
    return loop.on_signal(SIGUSR1, [&] { log(loop.current() == work ? "its own" : "another"); });
  });
  ::raise(SIGUSR1);
  turn_until(loop, log, 1);
  EXPECT_EQ(log, (order{"its own"}));
}

TEST(Signal, TellsEveryLoopUntilItGoes) {
  std::optional<test_loop> first(std::in_place);
  test_loop second;
  order log;
  const hook of_first = first->on_signal(SIGUSR1, [&] { log("first"); });
  const hook of_second = second.on_signal(SIGUSR1, [&] { log("second"); });
  ::raise(SIGUSR1);
  turn_until(*first, log, 1);
  turn_until(second, log, 2);
  first.reset();
  ::raise(SIGUSR1);  // would end the process had the first one's end restored the default
  turn_until(second, log, 3);
  EXPECT_EQ(log, (order{"first", "second", "second"}));
}

TEST(Signal, RestoresWhatTheProcessDidBeforeWithTheLastWatcher) {
  std::signal(SIGUSR1, SIG_IGN);
  {
    test_loop first, second;
    hook of_first = first.on_signal(SIGUSR1, [] {});
    const hook of_second = second.on_signal(SIGUSR1, [] {});
    of_first.clear();
    EXPECT_NE(disposition(SIGUSR1), SIG_IGN);
  }
  EXPECT_EQ(disposition(SIGUSR1), SIG_IGN);
  std::signal(SIGUSR1, SIG_DFL);
}

TEST(Signal, RestoresItWithTheLoopThoughTheHandleLivesOn) {
  hook kept;
  {
    test_loop loop;
    kept = loop.on_signal(SIGUSR1, [] {});
  }
  EXPECT_EQ(disposition(SIGUSR1), SIG_DFL);
  kept.clear();
}

TEST(Signal, LeavesAnActionThatAnotherInstalledLater) {
  test_loop loop;
  hook usr1 = loop.on_signal(SIGUSR1, [] {});
  std::signal(SIGUSR1, SIG_IGN);
  usr1.clear();
  EXPECT_EQ(disposition(SIGUSR1), SIG_IGN);
  std::signal(SIGUSR1, SIG_DFL);
}

TEST(Signal, RefusesWhatTheSystemRefuses) {
  test_loop loop;
  const auto watch = [&](int number) { hook refused = loop.on_signal(number, [] {}); };
  EXPECT_THROW(watch(SIGKILL), error);
  EXPECT_THROW(watch(0), error);
  EXPECT_THROW(watch(100000), error);
}

TEST(Signal, RefusesMoreLoopsThanItCanTell) {
  std::vector<std::unique_ptr<loop>> loops;
  const auto watch_from_another = [&] {
    loops.push_back(std::make_unique<loop>());
    hook refused = loops.back()->on_signal(SIGUSR1, [] {});
  };
  for (int each = 0; each < 64; ++each) watch_from_another();
  EXPECT_THROW(watch_from_another(), error);
  loops.clear();
  EXPECT_NO_THROW(watch_from_another());
}

}  // namespace
