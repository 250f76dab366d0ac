#include <trireme/core/loop.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/log.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;
using trireme::testing::virtual_clock;

/// What the loop logs, instead of on stderr.
order logged;
struct captured_log {
  captured_log() {
    logged.clear();
    set_log_sink([](log_level, std::string_view line) { logged(line); });
  }
  ~captured_log() { set_log_sink(nullptr); }
};

using arm = void (*)(loop&, callback);
struct kind {
  const char* name;
  arm on;
};
const std::array<kind, 7> kinds{{
    {"tick", [](loop& on, callback work) { on.next_tick(std::move(work)); }},
    {"microtask", [](loop& on, callback work) { on.queue_microtask(std::move(work)); }},
    {"timeout", [](loop& on, callback work) { on.set_timeout(0ms, std::move(work)); }},
    {"pending", [](loop& on, callback work) { on.defer_pending(std::move(work)); }},
    {"post", [](loop& on, callback work) { static_cast<void>(on.post(std::move(work))); }},
    {"immediate", [](loop& on, callback work) { on.set_immediate(std::move(work)); }},
    {"close", [](loop& on, callback work) { on.defer_close(std::move(work)); }},
}};

TEST(Loop, EndsAtOnceWithNothingToDo) {
  test_loop loop;
  EXPECT_FALSE(loop.alive());
  EXPECT_EQ(loop.run(), 0);
  EXPECT_FALSE(loop.run_once());
  EXPECT_FALSE(loop.poll());
}

TEST(Loop, IsAliveWhileAnythingWaits) {
  for (const kind& each : kinds) {
    test_loop loop;
    bool ran = false;
    each.on(loop, [&ran] { ran = true; });
    EXPECT_TRUE(loop.alive()) << each.name;
    EXPECT_EQ(loop.run(), 0);
    EXPECT_TRUE(ran) << each.name;
    EXPECT_FALSE(loop.alive()) << each.name;
  }
}

TEST(Loop, StopsWithTheExitCodeGiven) {
  test_loop loop;
  loop.set_interval(1ms, [&] { loop.stop(7); });
  EXPECT_EQ(loop.run(), 7);
  EXPECT_TRUE(loop.alive());
}

TEST(Loop, LeavesTheRestOfEachPhaseWhenStopped) {
  for (const kind& each : kinds) {
    test_loop loop;
    order log;
    each.on(loop, [&] {
      log("first");
      loop.next_tick([&] { log("its tick"); });
      loop.stop();
    });
    each.on(loop, [&] { log("second"); });
    each.on(loop, [&] { log("third"); });
    loop.run();
    EXPECT_EQ(log, (order{"first"})) << each.name;
    loop.run();
    if (std::string(each.name) == "tick") {
      EXPECT_EQ(log, (order{"first", "second", "third", "its tick"}));
    } else {
      EXPECT_EQ(log, (order{"first", "its tick", "second", "third"})) << each.name;
    }
  }
}

TEST(Loop, RunsNothingOfTheLaterPhasesOnceStopped) {
  test_loop loop;
  order log;
  loop.defer_pending([&] { loop.stop(); });
  for (const kind& each : kinds) {
    if (std::string(each.name) == "tick" || std::string(each.name) == "microtask") continue;
    if (std::string(each.name) == "timeout") continue;  // those run before
    each.on(loop, [&log, &each] { log(each.name); });
  }
  loop.run();
  EXPECT_EQ(log, order());
  loop.run();
  EXPECT_EQ(log, (order{"pending", "post", "immediate", "close"}));
}

TEST(Loop, ClearsAnImmediateThatAStopLeftOver) {
  test_loop loop;
  order log;
  loop.set_immediate([&] { loop.stop(); });
  const immediate left = loop.set_immediate([&] { log("left"); });
  loop.set_immediate([&] { log("kept"); });
  loop.run();
  loop.clear_immediate(left);
  loop.clear_immediate(left);
  loop.clear_immediate(immediate());
  loop.run();
  EXPECT_EQ(log, (order{"kept"}));
}

// A20: a cleared immediate keeps nothing alive, wherever it stood.
TEST(Loop, IsNotAliveForClearedImmediates) {
  test_loop loop;
  std::vector<immediate> all;
  for (int each = 0; each < 100000; ++each) all.push_back(loop.set_immediate([] { ADD_FAILURE(); }));
  for (const immediate each : all) loop.clear_immediate(each);
  EXPECT_FALSE(loop.alive());
  loop.run();
}

TEST(Loop, LetsAnImmediateArmOthersAsItIsCleared) {
  test_loop loop;
  struct last {
    explicit last(trireme::loop& on) : loop(&on) {}
    last(last&& other) noexcept : loop(std::exchange(other.loop, nullptr)) {}
    ~last() {
      for (int more = 0; loop && more < 100; ++more) loop->set_immediate([] {});
    }
    trireme::loop* loop;
  };
  const immediate first = loop.set_immediate([end = last(loop)] {});
  loop.clear_immediate(first);
  EXPECT_TRUE(loop.alive());
  loop.run();
}

// A22, A45: one turn at a time, as another loop would drive it.
TEST(Loop, DrivesAThousandTimersOneTurnAtATime) {
  test_loop loop;
  int fired = 0;
  for (int each = 0; each < 1000; ++each) loop.set_timeout(each * 1ms, [&] { ++fired; });
  int turns = 0;
  while (loop.run_once()) ++turns;
  EXPECT_EQ(fired, 1000);
  EXPECT_LE(turns, 1000);
}

// A45
TEST(Loop, PollsWithoutWaiting) {
  test_loop loop;
  order log;
  loop.set_timeout(1h, [&] { log("timer"); });
  loop.set_immediate([&] { log("immediate"); });
  EXPECT_TRUE(loop.poll());
  EXPECT_TRUE(loop.poll());
  EXPECT_EQ(log, (order{"immediate"}));
  EXPECT_EQ(loop.now(), time_point());
}

// A09: with an immediate waiting, poll does not sleep; time stands still.
TEST(Loop, DoesNotWaitWhileAnImmediateWaits) {
  test_loop loop;
  loop.set_timeout(1h, [] {});
  time_point seen(1s);
  loop.set_immediate([&] { seen = loop.now(); });
  loop.run();
  EXPECT_EQ(seen, time_point());
}

// A09, A06: the real clock; sleeps no longer than the next timer, which is never early.
TEST(Loop, SleepsUntilTheNextTimer) {
  loop loop;
  const auto start = std::chrono::steady_clock::now();
  loop.set_timeout(20ms, [] {});
  EXPECT_EQ(loop.run(), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
}

/// The real clock, counting how often it was read: once or twice a turn.
struct counting_clock final : clock {
  time_point now() override {
    ++reads;
    return steady_clock().now();
  }
  int reads = 0;
};

TEST(Loop, SleepsForTheLongestOfTimersWithoutSpinning) {
  counting_clock clock;
  loop_options options;
  options.clock = &clock;
  loop loop(options);
  loop.set_timeout(duration::max(), [] {});
  std::thread other([remote = loop.remote(), &loop] {
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < 20ms) std::this_thread::yield();
    callback stop = [&loop] { loop.stop(3); };
    EXPECT_EQ(remote.post(stop), posting::posted);
  });
  EXPECT_EQ(loop.run(), 3);
  other.join();
  EXPECT_LT(clock.reads, 20);
}

// A23: by default one line, no later callback, exit code 1.
TEST(Loop, EndsWithCodeOneAtAnUncaughtException) {
  const captured_log capture;
  virtual_clock clock;
  loop_options options;
  options.clock = &clock;
  loop loop(options);
  loop.set_timeout(1ms, [] { throw std::runtime_error("broken"); });
  loop.set_timeout(1ms, [] { ADD_FAILURE() << "went on"; });
  EXPECT_EQ(loop.run(), 1);
  EXPECT_EQ(logged, (order{"uncaught: std::runtime_error: broken"}));
}

// A23: an unhandled rejection likewise.
TEST(Loop, EndsWithCodeOneAtAnUnhandledRejection) {
  const captured_log capture;
  virtual_clock clock;
  loop_options options;
  options.clock = &clock;
  loop loop(options);
  loop.set_timeout(1ms, [&] { promise<int>::rejected(loop, errc::timed_out).detach(); });
  loop.set_timeout(1ms, [] { ADD_FAILURE() << "went on"; });
  EXPECT_EQ(loop.run(), 1);
  EXPECT_EQ(logged, (order{"uncaught: timed out"}));
}

// A23: with a handler the loop goes on, whichever callback throws.
TEST(Loop, GoesOnWithAHandler) {
  for (const kind& each : kinds) {
    test_loop loop;
    order log;
    loop.on_uncaught([&](const error& failure) { log("caught " + failure.message()); });
    each.on(loop, [&] {
      loop.next_tick([&] { log("tick"); });
      throw std::runtime_error("it");
    });
    loop.set_timeout(1ms, [&] { log("later"); });
    EXPECT_EQ(loop.run(), 0);
    EXPECT_EQ(log, (order{"caught it", "tick", "later"})) << each.name;
  }
}

TEST(Loop, GoesOnWithAnIntervalThatThrew) {
  test_loop loop;
  int calls = 0;
  timer every;
  loop.on_uncaught([&](const error&) {
    if (calls == 3) every.clear();
  });
  every = loop.set_interval(1ms, [&] {
    ++calls;
    throw std::runtime_error("it");
  });
  loop.run();
  EXPECT_EQ(calls, 3);
}

TEST(Loop, StopsWithCodeOneWhereTheHandlerThrows) {
  const captured_log capture;
  test_loop loop;
  loop.on_uncaught([](const error&) { throw std::runtime_error("worse"); });
  loop.set_timeout(0ms, [] { throw std::runtime_error("bad"); });
  loop.set_timeout(1ms, [] { ADD_FAILURE() << "went on"; });
  EXPECT_EQ(loop.run(), 1);
  EXPECT_EQ(logged, (order{"on_uncaught threw: worse"}));
}

TEST(Loop, LetsTheHandlerOfUncaughtErrorsReplaceItself) {
  test_loop loop;
  order log;
  loop.on_uncaught([&log, &loop, name = std::make_unique<std::string>("first")](const error&) {
    loop.on_uncaught([&log](const error&) { log("second"); });
    log(*name);
  });
  loop.next_tick([] { throw 1; });
  loop.next_tick([] { throw 2; });
  loop.run();
  EXPECT_EQ(log, (order{"first", "second"}));
}

// Each kind of callback finds the context it was made under, and leaves none behind.
TEST(Loop, RestoresTheContextOfEveryCallback) {
  for (const kind& each : kinds) {
    if (std::string(each.name) == "post") continue;  // comes from outside: no context
    test_loop loop;
    const auto work = context::make({});
    context_ptr seen, after;
    loop.run_in(work, [&] { each.on(loop, [&] { seen = loop.current(); }); });
    EXPECT_EQ(loop.current(), context_ptr());
    each.on(loop, [&] { after = loop.current(); });
    loop.run();
    EXPECT_EQ(seen, work) << each.name;
    EXPECT_EQ(after, context_ptr()) << each.name;
  }
}

TEST(Loop, GivesTheContextToWhatACallbackArms) {
  test_loop loop;
  const auto work = context::make({});
  context_ptr seen;
  timer every;
  loop.run_in(work, [&] {
    every = loop.set_interval(1ms, [&] {
      every.clear();
      loop.queue_microtask([&] { loop.set_immediate([&] { seen = loop.current(); }); });
    });
  });
  loop.run();
  EXPECT_EQ(seen, work);
}

TEST(Loop, RestoresTheContextAfterRunInThrows) {
  test_loop loop;
  EXPECT_THROW(loop.run_in(context::make({}), []() -> int { throw std::runtime_error("x"); }),
               std::runtime_error);
  EXPECT_EQ(loop.current(), context_ptr());
  EXPECT_EQ(loop.run_in({}, [] { return 5; }), 5);
}

// Work left that nothing can finish is an error under virtual time, not a test that hangs.
TEST(Loop, SaysThatItWouldHang) {
  test_loop loop;
  loop.internals().patience = 10ms;
  const pending_work never(loop);
  loop.set_timeout(1h, [] { ADD_FAILURE() << "time passed while a thread worked"; });
  try {
    loop.run();
    ADD_FAILURE() << "did not throw";
  } catch (const error& failure) {
    EXPECT_EQ(failure, errc::would_hang);
  }
}

TEST(Loop, WaitsForPendingWorkUnderVirtualTime) {
  test_loop loop;
  pending_work outside(loop);
  loop.set_timeout(1h, [] {});
  std::thread other([inbox = loop.remote(), &loop, &outside] {
    callback done = [&loop, &outside] {
      EXPECT_EQ(loop.now(), time_point());
      outside = pending_work();
    };
    EXPECT_EQ(inbox.post(done), posting::posted);
  });
  loop.run();
  EXPECT_EQ(loop.now(), time_point(1h));
  other.join();
}

}  // namespace
