// What runs in which phase, by the trace of the loop itself.
#include <gtest/gtest.h>

#include <array>
#include <asio/post.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <trireme/core/asio.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

#include "watched_pair.hpp"

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;
using trireme::testing::watched_pair;

constexpr std::array turn_order{phase::pending, phase::idle,  phase::prepare, phase::poll,
                                phase::check,   phase::close, phase::timers};

// A05: timers come once before the first turn, then at the end of each: the cycle of Node's page.
TEST(LoopPhases, AreThoseOfNodeInItsOrder) {
  test_loop loop;
  order trace;
  loop.on_phase([&](phase which) { trace(to_string(which)); });
  loop.set_immediate([] {});
  loop.run();
  EXPECT_EQ(trace, (order{"timers", "pending", "idle", "prepare", "poll", "check", "close", "timers"}));
}

// A05: a thousand turns with work in every phase never deviate.
TEST(LoopPhases, NeverDeviateInAThousandTurns) {
  test_loop loop;
  std::vector<phase> trace;
  loop.on_phase([&](phase which) { trace.push_back(which); });
  int left = 1000;
  const std::function<void()> round = [&] {
    if (--left == 0) return;
    loop.defer_pending([] {});
    loop.defer_close([] {});
    loop.set_immediate([] {});
    static_cast<void>(loop.post([&loop] { loop.next_tick([] {}); }));
    loop.set_timeout(left % 3 == 0 ? 1ms : 0ms, std::ref(round));
  };
  loop.set_timeout(1ms, std::ref(round));
  loop.run();
  ASSERT_GE(trace.size(), 7001u);
  EXPECT_EQ(trace.front(), phase::timers);
  for (std::size_t each = 1; each < trace.size(); ++each) {
    ASSERT_EQ(trace[each], turn_order[(each - 1) % 7]) << each;
  }
}

// A05, A08, A10: what belongs to a phase runs after its announcement and before the next.
TEST(LoopPhases, RunWhatBelongsToThem) {
  test_loop loop;
  order log;
  loop.on_phase([&](phase which) { log(to_string(which)); });
  hook idle = loop.on_idle([&] { log("- idle hook"), idle.clear(); });
  hook prepare = loop.on_prepare([&] { log("- prepare hook"), prepare.clear(); });
  hook check = loop.on_check([&] { log("- check hook"), check.clear(); });
  watched_pair pair(loop, [&] { log("- readable"), pair.watched->unref(); });
  pair.send_byte();
  loop.set_timeout(0ms, [&] { log("- timeout"); });
  loop.set_immediate([&] { log("- immediate"); });
  loop.defer_pending([&] { log("- pending"); });
  loop.defer_close([&] { log("- close"); });
  static_cast<void>(loop.post([&] { log("- post"); }));
  loop.run();
  EXPECT_EQ(log, (order{"timers", "- timeout", "pending", "- pending", "idle", "- idle hook", "prepare",
                        "- prepare hook", "poll", "- readable", "- post", "check", "- check hook",
                        "- immediate", "close", "- close", "timers"}));
}

TEST(LoopPhases, EndTheirTraceWithAnEmptyWatcher) {
  test_loop loop;
  int phases = 0;
  loop.on_phase([&](phase) {
    if (++phases == 3) loop.on_phase(nullptr);  // destroys the one that runs
  });
  loop.set_timeout(1ms, [] {});
  loop.run();
  EXPECT_EQ(phases, 3);
}

// A18: what a trace queues does not wait behind the phase's own callbacks.
TEST(LoopPhases, DrainWhatTheirWatcherQueues) {
  test_loop loop;
  order log;
  loop.on_phase([&](phase which) {
    if (which == phase::check) loop.queue_microtask([&] { log("microtask of the watcher"); });
  });
  loop.set_immediate([&] { log("immediate"); });
  loop.run();
  EXPECT_EQ(log, (order{"microtask of the watcher", "immediate"}));
}

TEST(LoopPhases, ReportWhatTheirWatcherThrows) {
  test_loop loop;
  int caught = 0;
  bool ran = false;
  loop.on_uncaught([&](const error&) { ++caught; });
  loop.on_phase([](phase which) {
    if (which == phase::check) throw std::runtime_error("trace");
  });
  loop.set_immediate([&] { ran = true; });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(caught, 1);
  EXPECT_TRUE(ran);
}

// A09: the real clock; with only a timer the loop enters poll once and sleeps there until the timer is due.
TEST(LoopPhases, EnterPollOnceForOneTimer) {
  loop loop;
  int polls = 0;
  loop.on_phase([&](phase which) { polls += which == phase::poll; });
  const auto start = std::chrono::steady_clock::now();
  loop.set_timeout(50ms, [] {});
  loop.run();
  const auto slept = std::chrono::steady_clock::now() - start;
  EXPECT_GE(slept, 50ms);
  EXPECT_LT(slept, 5s);
  EXPECT_LE(polls, 2);
}

// A09: with an immediate pending poll does not sleep, however far the next timer is.
TEST(LoopPhases, DoNotSleepInPollForAnImmediate) {
  loop loop;
  timer far = loop.set_timeout(1h, [] { ADD_FAILURE(); });
  loop.set_immediate([&] { far.clear(); });
  const auto start = std::chrono::steady_clock::now();
  loop.run();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

// A11: from a read callback that destroys its connection: `tick immediate close t0`, 1,000 of 1,000.
TEST(LoopPhases, CloseAThousandConnectionsAfterImmediatesAndBeforeTimers) {
  test_loop loop;
  for (int round = 0; round < 1000; ++round) {
    order log;
    std::unique_ptr<watched_pair> pair;
    pair = std::make_unique<watched_pair>(loop, [&] {
      loop.set_timeout(0ms, [&] { log("t0"); });
      loop.defer_close([&] { log("close"); });
      loop.set_immediate([&] { log("immediate"); });
      loop.next_tick([&] { log("tick"); });
      pair->watched.reset();
    });
    pair->send_byte();
    loop.run();
    ASSERT_EQ(log, (order{"tick", "immediate", "close", "t0"})) << round;
  }
}

// A12: `Start,Timeout,Immediate`, 10,000 of 10,000.
TEST(LoopPhases, RunAZeroTimeoutBeforeAnImmediateTenThousandTimes) {
  test_loop loop;
  for (int round = 0; round < 10000; ++round) {
    order log;
    loop.set_immediate([&] { log("Immediate"); });
    loop.set_timeout(0ms, [&] { log("Timeout"); });
    log("Start");
    loop.run();
    ASSERT_EQ(log, (order{"Start", "Timeout", "Immediate"})) << round;
  }
}

// A13: with Node's clamp a zero timeout is not due in the first timers phase: `immediate,timeout`, always.
TEST(LoopPhases, RunAnImmediateBeforeAClampedTimeout) {
  loop_options options;
  options.timer_clamp = 1ms;
  for (int round = 0; round < 1000; ++round) {
    test_loop loop(options);
    order log;
    loop.set_timeout(0ms, [&] { log("timeout"); });
    loop.set_immediate([&] { log("immediate"); });
    loop.run();
    ASSERT_EQ(log, (order{"immediate", "timeout"}));
    ASSERT_EQ(loop.now(), time_point(1ms));
  }
}

// A14, A43: from a socket's read callback `tick,micro,immediate,timeout`, 10,000 of 10,000.
TEST(LoopPhases, OrderWhatAReadCallbackArmsTenThousandTimes) {
  test_loop loop;
  order log;
  watched_pair pair(loop, [&] {
    loop.set_timeout(0ms, [&] { log("timeout"); });
    loop.set_immediate([&] { log("immediate"); });
    loop.queue_microtask([&] { log("micro"); });
    loop.next_tick([&] { log("tick"); });
    pair.watched->unref();
  });
  for (int round = 0; round < 10000; ++round) {
    log.clear();
    pair.watched->ref();
    pair.send_byte();
    loop.run();
    ASSERT_EQ(log, (order{"tick", "micro", "immediate", "timeout"})) << round;
  }
}

/// Counts calls, and those that were nested in another or came on another thread.
struct dispatch_rules {
  void operator()() {
    ++calls;
    nested += depth != 0;
    elsewhere += std::this_thread::get_id() != thread;
  }
  template <class Work>
  auto checked(Work work) {
    return [this, work = std::move(work)](auto&&... arguments) mutable {
      (*this)();
      ++depth;
      struct leave {
        int& depth;
        ~leave() { --depth; }
      } guard{depth};
      work(arguments...);
    };
  }
  std::thread::id thread = std::this_thread::get_id();
  int depth = 0, calls = 0, nested = 0, elsewhere = 0;
};

// B04, B13: every kind of callback comes on the loop's thread, and none within another.
TEST(LoopPhases, NeverNestTheirCallbacks) {
  test_loop loop;
  dispatch_rules rules;
  int uncaught = 0;
  loop.on_phase(rules.checked([](phase) {}));
  loop.on_uncaught(rules.checked([&](const error&) { ++uncaught; }));
  loop.on_before_exit(rules.checked([] {}));
  const hook usr1 = loop.on_signal(SIGUSR1, rules.checked([] {}));
  // Virtual time stands still while an idle hook lives.
  const hook idle = loop.on_idle(rules.checked([&] { loop.time().advance(100us); }));
  const hook prepare = loop.on_prepare(rules.checked([] {}));
  const hook check = loop.on_check(rules.checked([] {}));
  watched_pair pair(loop, rules.checked([&] { promise<int>::rejected(loop, errc::failed).detach(); }));
  const std::function<void()> everything = [&] {
    const auto small = [&] { return rules.checked([] {}); };
    loop.next_tick(small());
    loop.queue_microtask(small());
    loop.set_timeout(0ms, rules.checked([] { throw 1; }));
    loop.set_immediate(small());
    loop.defer_pending(small());
    loop.defer_close(small());
    static_cast<void>(loop.post(small()));
    asio::post(loop.context(), small());
    promise<void>::resolved(loop).then(rules.checked([] {})).detach();
    pair.send_byte();
  };
  timer every;
  int rounds = 0;
  every = loop.set_interval(1ms, rules.checked([&] {
    everything();
    ::raise(SIGUSR1);
    if (++rounds == 50) loop.stop();
  }));
  std::thread other([inbox = loop.remote(), &rules] {
    for (int each = 0; each < 100; ++each) {
      callback work = rules.checked([] {});
      static_cast<void>(inbox.post(work));
    }
  });
  everything();
  loop.run();
  other.join();
  EXPECT_EQ(rounds, 50);
  EXPECT_GT(rules.calls, 1000);
  EXPECT_GT(uncaught, 50);
  EXPECT_EQ(rules.nested, 0);
  EXPECT_EQ(rules.elsewhere, 0);
}

// B12, B16: the article's walk through the queues: what is printed, and what waits at its three points.
TEST(LoopPhases, ShowTheQueuesOfTheWalkThrough) {
  test_loop loop;
  order log;
  const auto show = [&](const std::string& point) {
    log(point + ": " + std::to_string(loop.waiting(queue::microtasks)) + " microtasks, " +
        std::to_string(loop.waiting(queue::timers)) + " timers");
  };
  log("1. Start");
  loop.set_timeout(0ms, [&] { log("2. setTimeout"); });
  promise<void>::resolved(loop).then([&] { log("3. Promise"); }).detach();
  log("4. End");
  show("after the synchronous code");
  loop.on_phase([&, first = true](phase which) mutable {
    if (std::exchange(first, false)) show("after the microtasks, in " + std::string(to_string(which)));
  });
  loop.run();
  show("at the end");
  EXPECT_EQ(log, (order{"1. Start", "4. End", "after the synchronous code: 1 microtasks, 1 timers",
                        "3. Promise", "after the microtasks, in timers: 0 microtasks, 1 timers",
                        "2. setTimeout", "at the end: 0 microtasks, 0 timers"}));
}

// B16: each queue counts what waits in it.
TEST(LoopPhases, CountWhatWaitsInEachQueue) {
  test_loop loop;
  const auto all = [&] {
    std::vector<std::size_t> counts;
    for (const queue each : {queue::ticks, queue::microtasks, queue::timers, queue::immediates,
                             queue::pending, queue::closing, queue::inbox}) {
      counts.push_back(loop.waiting(each));
    }
    return counts;
  };
  EXPECT_EQ(all(), (std::vector<std::size_t>{0, 0, 0, 0, 0, 0, 0}));
  for (int each = 0; each < 1; ++each) loop.next_tick([] {});
  for (int each = 0; each < 2; ++each) loop.queue_microtask([] {});
  for (int each = 0; each < 3; ++each) loop.set_timeout(1ms, [] {});
  for (int each = 0; each < 4; ++each) loop.set_immediate([] {});
  for (int each = 0; each < 5; ++each) loop.defer_pending([] {});
  for (int each = 0; each < 6; ++each) loop.defer_close([] {});
  for (int each = 0; each < 7; ++each) static_cast<void>(loop.post([] {}));
  loop.set_timeout(1ms, [] {}).clear();
  loop.set_immediate([] {}).clear();
  EXPECT_EQ(all(), (std::vector<std::size_t>{1, 2, 3, 4, 5, 6, 7}));
  loop.run();
  EXPECT_EQ(all(), (std::vector<std::size_t>{0, 0, 0, 0, 0, 0, 0}));
}

// B14: each queue is first in, first out, over 100,000 items.
TEST(LoopPhases, KeepTheirQueuesInOrder) {
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
    loop_options options;
    options.report_drain_after = 0;
    test_loop loop(options);
    int next = 0;
    for (int number = 0; number < 100000; ++number) kind(loop, [&next, number] { next += next == number; });
    loop.run();
    EXPECT_EQ(next, 100000) << &kind - kinds;
  }
}

// C14: construct, configure, register, run: in this order, and nothing is called before `run`.
TEST(LoopPhases, CallNothingThatIsRegisteredBeforeTheyStart) {
  order log;
  log("construct");
  test_loop loop;
  log("configure");
  loop.on_phase([&, first = true](phase) mutable {
    if (std::exchange(first, false)) log("first phase");
  });
  loop.on_before_exit([&] { log("before exit"); });
  log("register");
  hook idle = loop.on_idle([&] { log("idle"), idle.clear(); });
  watched_pair pair(loop, [&] { log("readable"), pair.watched->unref(); });
  pair.send_byte();
  loop.next_tick([&] { log("tick"); });
  promise<void>::resolved(loop).then([&] { log("promise"); }).detach();
  loop.set_timeout(0ms, [&] { log("timeout"); });
  loop.set_immediate([&] { log("immediate"); });
  static_cast<void>(loop.post([&] { log("post"); }));
  log("run");
  loop.run();
  EXPECT_EQ(log, (order{"construct", "configure", "register", "run", "tick", "promise", "first phase",
                        "timeout", "idle", "readable", "post", "immediate", "before exit"}));
}

}  // namespace
