// How `run` ends: exit codes, `on_before_exit`, `stop`, and what may not be done in a callback.
#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <trireme/core/log.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

// A22: `beforeExit 0, more, beforeExit 1, exit 0`.
TEST(LoopExit, AsksBeforeItEndsAndGoesOnWithWhatIsArmed) {
  test_loop loop;
  order log;
  int asked = 0;
  loop.on_before_exit([&] {
    log("beforeExit " + std::to_string(asked));
    if (asked++ == 0) loop.set_timeout(5ms, [&] { log("more"); });
  });
  const int code = loop.run();
  log("exit " + std::to_string(code));
  EXPECT_EQ(log, (order{"beforeExit 0", "more", "beforeExit 1", "exit 0"}));
}

// A22: each kind of work that the handler may leave.
TEST(LoopExit, GoesOnWithWhateverTheHandlerArms) {
  using arm = void (*)(loop&, callback);
  const arm kinds[] = {
      [](loop& on, callback work) { on.next_tick(std::move(work)); },
      [](loop& on, callback work) { on.queue_microtask(std::move(work)); },
      [](loop& on, callback work) { on.set_timeout(1ms, std::move(work)); },
      [](loop& on, callback work) { on.set_immediate(std::move(work)); },
      [](loop& on, callback work) { on.defer_pending(std::move(work)); },
      [](loop& on, callback work) { on.defer_close(std::move(work)); },
      [](loop& on, callback work) { static_cast<void>(on.post(std::move(work))); },
  };
  for (const arm& kind : kinds) {
    test_loop loop;
    int ran = 0;
    loop.on_before_exit([&, first = true]() mutable {
      if (std::exchange(first, false)) kind(loop, [&] { ++ran; });
    });
    loop.run();
    EXPECT_EQ(ran, 1) << &kind - kinds;
  }
}

// A22: Node does not ask after `process.exit` or an uncaught error.
TEST(LoopExit, DoesNotAskAfterAStop) {
  test_loop loop;
  loop.on_before_exit([] { ADD_FAILURE() << "asked"; });
  loop.set_timeout(1ms, [&] { loop.stop(); });
  EXPECT_EQ(loop.run(), 0);
  loop.set_timeout(1ms, [&] { loop.stop(4); });
  EXPECT_EQ(loop.run(), 4);
  loop.on_uncaught(nullptr);
  set_log_sink([](log_level, std::string_view) {});
  loop.set_timeout(1ms, [] { throw std::runtime_error("x"); });
  EXPECT_EQ(loop.run(), 1);
  set_log_sink(nullptr);
}

TEST(LoopExit, MayBeStoppedByTheHandlerItself) {
  test_loop loop;
  int asked = 0;
  loop.on_before_exit([&] {
    ++asked;
    loop.set_timeout(1ms, [] { ADD_FAILURE(); });
    loop.stop(9);
  });
  EXPECT_EQ(loop.run(), 9);
  EXPECT_EQ(asked, 1);
}

TEST(LoopExit, LetsTheHandlerReplaceItself) {
  test_loop loop;
  order log;
  loop.on_before_exit([&, kept = std::make_unique<std::string>("first")] {
    loop.on_before_exit([&] {
      log("second");
      loop.on_before_exit(nullptr);
    });
    log(*kept);
    loop.set_immediate([] {});
  });
  loop.run();
  loop.run();
  EXPECT_EQ(log, (order{"first", "second"}));
}

TEST(LoopExit, ReportsWhatTheHandlerThrows) {
  test_loop loop;
  loop.on_before_exit([] { throw std::runtime_error("broken"); });
  EXPECT_THROW(loop.run(), std::runtime_error);
}

// A22: `process.exitCode`.
TEST(LoopExit, ReturnsTheCodeThatWasSet) {
  test_loop loop;
  order log;
  loop.set_timeout(1ms, [&] { loop.set_exit_code(3); });
  loop.set_timeout(2ms, [&] { log("goes on"); });
  EXPECT_EQ(loop.run(), 3);
  EXPECT_EQ(log, (order{"goes on"}));
  EXPECT_EQ(loop.run(), 0);  // of that run only
}

TEST(LoopExit, MaySetTheCodeBeforeItEnds) {
  test_loop loop;
  loop.on_before_exit([&] { loop.set_exit_code(5); });
  EXPECT_EQ(loop.run(), 5);
}

// A22: `stop()` keeps the code, `stop(code)` sets it.
TEST(LoopExit, StopsWithOrWithoutACode) {
  test_loop loop;
  loop.set_immediate([&] {
    loop.set_exit_code(3);
    loop.stop();
  });
  EXPECT_EQ(loop.run(), 3);
  loop.set_immediate([&] {
    loop.set_exit_code(3);
    loop.stop(8);
  });
  EXPECT_EQ(loop.run(), 8);
  loop.set_immediate([&] { loop.stop(); });
  EXPECT_EQ(loop.run(), 0);
}

TEST(LoopExit, ForgetsAStopFromOutside) {
  test_loop loop;
  bool ran = false;
  loop.set_timeout(1ms, [&] { ran = true; });
  loop.stop(3);
  EXPECT_EQ(loop.run(), 0);
  EXPECT_TRUE(ran);
}

// A22: what is unreferenced keeps nothing alive, whatever its kind.
TEST(LoopExit, EndsWithUnreferencedWorkLeft) {
  test_loop loop;
  const auto never = [] { ADD_FAILURE() << "ran"; };
  loop.set_timeout(1ms, never).unref();
  loop.set_interval(1ms, never).unref();
  loop.set_immediate(never).unref();
  hook idle = loop.on_idle(never);
  idle.unref();
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(loop.now(), time_point());
}

// A23: a throw in a timer; a rejection; each with and without a handler, as a program sees it.
TEST(LoopExit, EndsOrGoesOnAtAnError) {
  set_log_sink([](log_level, std::string_view) {});
  using fails = void (*)(loop&);
  const fails kinds[] = {
      [](loop&) { throw std::runtime_error("thrown"); },
      [](loop& on) { promise<int>::rejected(on, errc::failed).detach(); },
      [](loop& on) { on.queue_microtask([] { throw 1; }); },
      [](loop& on) { on.next_tick([] { throw 1; }); },
  };
  for (const fails& kind : kinds) {
    for (const bool handled : {false, true}) {
      test_loop loop;
      order log;
      if (handled) {
        loop.on_uncaught([&](const error&) { log("caught"); });
      } else {
        loop.on_uncaught(nullptr);
      }
      loop.set_timeout(1ms, [&] {
        log("fails");
        kind(loop);
      });
      loop.set_timeout(2ms, [&] { log("later"); });
      EXPECT_EQ(loop.run(), handled ? 0 : 1);
      EXPECT_EQ(log, (handled ? order{"fails", "caught", "later"} : order{"fails"})) << &kind - kinds;
    }
  }
  set_log_sink(nullptr);
}

TEST(LoopExitDeathTest, AbortsWhereACallbackTurnsItsOwnLoop) {
  using turns = void (*)(loop&);
  const turns ways[] = {
      [](loop& on) { on.run(); },
      [](loop& on) { on.run_once(); },
      [](loop& on) { on.run_for(1ms); },
      [](loop& on) { on.poll(); },
  };
  for (const turns& way : ways) {
    EXPECT_DEATH(
        {
          test_loop loop;
          loop.set_immediate([&] { way(loop); });
          loop.run();
        },
        "assertion failed");
  }
}

TEST(LoopExitDeathTest, AbortsWhereItIsGivenNothingToCall) {
  using arms = void (*)(loop&);
  const arms ways[] = {
      [](loop& on) { on.set_immediate(callback()); },
      [](loop& on) { on.set_timeout(1ms, callback()); },
      [](loop& on) { on.next_tick(callback()); },
      [](loop& on) { on.queue_microtask(callback()); },
      [](loop& on) { on.defer_pending(callback()); },
      [](loop& on) { on.defer_close(callback()); },
      [](loop& on) { static_cast<void>(on.post(callback())); },
      [](loop& on) { static_cast<void>(on.on_check(callback())); },
      [](loop& on) { static_cast<void>(on.on_signal(SIGUSR1, callback())); },
  };
  for (const arms& way : ways) {
    test_loop loop;
    EXPECT_DEATH(way(loop), "assertion failed: work|assertion failed: call") << &way - ways;
  }
}

#ifndef NDEBUG
TEST(LoopExitDeathTest, AbortsWhereAnotherThreadCallsIt) {
  using calls = void (*)(loop&);
  const calls ways[] = {
      [](loop& on) { on.next_tick([] {}); },
      [](loop& on) { on.queue_microtask([] {}); },
      [](loop& on) { on.set_immediate([] {}); },
      [](loop& on) { on.set_timeout(1ms, [] {}); },
      [](loop& on) { on.defer_pending([] {}); },
      [](loop& on) { on.defer_close([] {}); },
      [](loop& on) { on.on_phase({}); },
      [](loop& on) { on.on_before_exit({}); },
      [](loop& on) { on.on_uncaught({}); },
      [](loop& on) { on.on_starved({}); },
      [](loop& on) { on.run_in({}, [] {}); },
      [](loop& on) { on.stop(); },
      [](loop& on) { on.stop(1); },
      [](loop& on) { on.set_exit_code(1); },
      [](loop& on) { on.alive(); },
      [](loop& on) { on.waiting(queue::ticks); },
      [](loop& on) { const pending_work work(on); },
  };
  for (const calls& way : ways) {
    test_loop loop;
    EXPECT_DEATH(std::thread([&] { way(loop); }).join(), "assertion failed") << &way - ways;
  }
}

TEST(LoopExitDeathTest, AbortsWhereAnotherThreadUsesItsHandles) {
  test_loop loop;
  timer later = loop.set_timeout(1h, [] {});
  immediate soon = loop.set_immediate([] {});
  hook staying = loop.on_check([] {});
  EXPECT_DEATH(std::thread([&] { later.refresh(); }).join(), "assertion failed");
  EXPECT_DEATH(std::thread([&] { later.clear(); }).join(), "assertion failed");
  EXPECT_DEATH(std::thread([&] { soon.clear(); }).join(), "assertion failed");
  EXPECT_DEATH(std::thread([&] { staying.unref(); }).join(), "assertion failed");
  EXPECT_DEATH(std::thread([&] { staying.clear(); }).join(), "assertion failed");
}
#endif

TEST(LoopExitDeathTest, AbortsWhereACallbackDestroysItsLoop) {
  EXPECT_DEATH(
      {
        auto owned = std::make_unique<loop>();
        owned->set_immediate([&] { owned.reset(); });
        owned->run();
      },
      "assertion failed");
}

}  // namespace
