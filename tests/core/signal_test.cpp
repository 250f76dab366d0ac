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

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

/// Turns until `count` events are there: a signal needs the kernel to carry it through the loop's socket.
void turn_until(test_loop& loop, const order& log, std::size_t count) {
  for (int turns = 0; turns < 1000 && log.events().size() < count; ++turns) loop.poll();
}

TEST(Signal, CallsOnTheLoopForEachSignal) {
  test_loop loop;
  order log;
  loop.on_signal(SIGUSR1, [&] {
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
  loop.on_signal(SIGUSR1, [&] { log("usr1"); });
  loop.on_signal(SIGUSR2, [&] { log("usr2"); });
  for (const int number : {SIGUSR2, SIGUSR1, SIGUSR2}) ::raise(number);
  turn_until(loop, log, 3);
  EXPECT_EQ(log, (order{"usr2", "usr1", "usr2"}));
}

TEST(Signal, DoesNotKeepTheLoopAlive) {
  test_loop loop;
  loop.on_signal(SIGUSR1, [] {});
  EXPECT_FALSE(loop.alive());
  EXPECT_EQ(loop.run(), 0);
}

TEST(Signal, ReachesALoopThatSleeps) {
  loop loop;
  loop.set_timeout(1h, [] {});
  loop.on_signal(SIGUSR1, [&] { loop.stop(9); });
  loop.set_immediate([] { ::raise(SIGUSR1); });
  EXPECT_EQ(loop.run(), 9);
}

TEST(Signal, CallsAgainAfterACallThatThrew) {
  test_loop loop;
  order log;
  loop.on_uncaught([&](const error& failure) { log("caught " + failure.message()); });
  loop.on_signal(SIGUSR1, [&] {
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
  loop.on_signal(SIGUSR1, [&] {
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
  loop.on_signal(SIGUSR1, [&, name = std::make_unique<std::string>("first")] {
    loop.on_signal(SIGUSR1, [&] {
      log("second");
      loop.on_signal(SIGUSR1, {});
    });
    log(*name);
  });
  ::raise(SIGUSR1);
  turn_until(loop, log, 1);
  ::raise(SIGUSR1);
  turn_until(loop, log, 2);
  EXPECT_EQ(log, (order{"first", "second"}));
  struct sigaction now {};
  ::sigaction(SIGUSR1, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST(Signal, RunsUnderTheContextItWasMadeUnder) {
  test_loop loop;
  order log;
  const auto work = context::make({});
  loop.run_in(work,
              [&] { loop.on_signal(SIGUSR1, [&] { log(loop.current() == work ? "its own" : "another"); }); });
  ::raise(SIGUSR1);
  turn_until(loop, log, 1);
  EXPECT_EQ(log, (order{"its own"}));
}

TEST(Signal, BelongsToTheLoopThatAskedLast) {
  std::optional<test_loop> first(std::in_place);
  test_loop second;
  order log;
  first->on_signal(SIGUSR1, [&] { log("first"); });
  second.on_signal(SIGUSR1, [&] { log("second"); });
  first.reset();
  ::raise(SIGUSR1);  // would end the process had the first one's end restored the default
  turn_until(second, log, 1);
  EXPECT_EQ(log, (order{"second"}));
}

TEST(Signal, RefusesWhatTheSystemRefuses) {
  test_loop loop;
  EXPECT_THROW(loop.on_signal(SIGKILL, [] {}), error);
  EXPECT_THROW(loop.on_signal(0, [] {}), error);
  EXPECT_THROW(loop.on_signal(100000, [] {}), error);
}

}  // namespace
