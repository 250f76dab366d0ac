// The orders that Node 20.20.2 was seen to print, with the rows of the research that hold them. Where Node
// leaves the order open (a bare zero timeout against an immediate) ours is one that Node allows, always the
// same.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <trireme/core/detail/loop_state.hpp>
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

// A05, A11, A17: one pass visits the phases in order; A13's rule puts due timers first.
TEST(LoopOrder, VisitsThePhasesInTheOrderOfNode) {
  test_loop loop;
  order log;
  struct prepare final : detail::flushable {
    explicit prepare(order& into) : log(into) {}
    void flush() override { log("prepare"); }
    order& log;
  } hook(log);
  loop.set_timeout(0ms, [&] {
    log("timers");
    loop.defer_close([&] { log("close"); });
    loop.set_immediate([&] { log("check"); });
    loop.internals().flush_before_poll(hook);
    loop.defer_pending([&] { log("pending"); });
    static_cast<void>(loop.post([&] { log("poll"); }));
  });
  loop.run();
  EXPECT_EQ(log, (order{"timers", "pending", "prepare", "poll", "check", "close"}));
}

// A15, A46: Node's order of two timers, two immediates, ticks and promises.
TEST(LoopOrder, DrainsTicksThenMicrotasksAfterEveryCallback) {
  test_loop loop;
  order log;
  const auto say = [&](const char* what) { return [&log, what] { log(what); }; };
  loop.set_timeout(0ms, [&] {
    log("t1");
    loop.next_tick(say("t1-tick"));
    loop.queue_microtask(say("t1-micro"));
  });
  loop.set_timeout(0ms, say("t2"));
  loop.set_immediate([&] {
    log("i1");
    loop.next_tick(say("i1-tick"));
    loop.queue_microtask(say("i1-micro"));
    loop.set_immediate(say("i1-nested"));
  });
  loop.set_immediate(say("i2"));
  loop.next_tick([&] {
    log("n1");
    loop.next_tick(say("n1-n"));
    promise<void>::resolved(loop).then(say("n1-p")).detach();
  });
  promise<void>::resolved(loop)
      .then([&] {
        log("p1");
        loop.next_tick(say("p1-tick"));
        promise<void>::resolved(loop).then(say("p1-p")).detach();
      })
      .detach();
  loop.queue_microtask(say("qm"));
  loop.run();
  EXPECT_EQ(log, (order{"n1", "n1-n", "p1", "qm", "n1-p", "p1-p", "p1-tick", "t1", "t1-tick", "t1-micro",
                        "t2", "i1", "i1-tick", "i1-micro", "i2", "i1-nested"}));
}

// A16, A47, B16: the article's walk through the queues.
TEST(LoopOrder, RunsSynchronousCodeThenTicksThenMicrotasksThenTimers) {
  test_loop loop;
  order log;
  log("1. Start");
  loop.set_timeout(0ms, [&] { log("2. setTimeout"); });
  promise<void>::resolved(loop).then([&] { log("3. Promise"); }).detach();
  loop.next_tick([&] { log("tick"); });
  log("4. End");
  loop.run();
  EXPECT_EQ(log, (order{"1. Start", "4. End", "tick", "3. Promise", "2. setTimeout"}));
}

// A17, B14: a drain follows the callbacks of every phase, one by one.
TEST(LoopOrder, DrainsBetweenTwoCallbacksOfEveryPhase) {
  test_loop loop;
  order log;
  const auto both = [&](const char* name) {
    return [&loop, &log, name] {
      log(name);
      loop.queue_microtask([&log] { log("m"); });
      loop.next_tick([&log] { log("n"); });
    };
  };
  for (int twice = 0; twice < 2; ++twice) {
    loop.set_timeout(0ms, both("timer"));
    loop.defer_pending(both("pending"));
    static_cast<void>(loop.post(both("post")));
    loop.set_immediate(both("immediate"));
    loop.defer_close(both("close"));
  }
  loop.run();
  order expected;
  for (const auto* phase : {"timer", "pending", "post", "immediate", "close"}) {
    for (int twice = 0; twice < 2; ++twice) {
      for (const auto* event : {phase, "n", "m"}) expected(event);
    }
  }
  EXPECT_EQ(log, expected);
}

// A19: what a timer arms waits for the next pass; the check phase comes first.
TEST(LoopOrder, LetsATimerArmedInTheTimersPhaseWait) {
  test_loop loop;
  order log;
  loop.set_timeout(0ms, [&] {
    log("a");
    loop.set_immediate([&] { log("a-imm"); });
    loop.set_timeout(0ms, [&] { log("a-nested"); });
  });
  loop.set_timeout(0ms, [&] { log("b"); });
  loop.run();
  EXPECT_EQ(log, (order{"a", "b", "a-imm", "a-nested"}));
}

// A20: nested immediates wait for the next pass.
TEST(LoopOrder, RunsANestedImmediateInTheNextPass) {
  test_loop loop;
  order log;
  loop.set_immediate([&] {
    log("i1");
    loop.set_immediate([&] { log("nested"); });
    loop.set_timeout(0ms, [&] { log("timer"); });
  });
  loop.set_immediate([&] { log("i2"); });
  loop.run();
  EXPECT_EQ(log, (order{"i1", "i2", "timer", "nested"}));
}

// A20: `i1 i3` and `t1 t3`.
TEST(LoopOrder, ClearsWithinTheBatchThatRuns) {
  test_loop loop;
  order log;
  immediate i2;
  timer t2;
  loop.set_immediate([&] {
    log("i1");
    loop.clear_immediate(i2);
  });
  i2 = loop.set_immediate([&] { log("i2"); });
  loop.set_immediate([&] { log("i3"); });
  loop.set_timeout(1ms, [&] {
    log("t1");
    t2.clear();
  });
  t2 = loop.set_timeout(1ms, [&] { log("t2"); });
  loop.set_timeout(1ms, [&] { log("t3"); });
  loop.run();
  EXPECT_EQ(log, (order{"i1", "i3", "t1", "t3"}));
}

// A23: `t caught m1 m2`: after a microtask that throws the others still run.
TEST(LoopOrder, GoesOnWithTheMicrotasksAfterOneThatThrew) {
  test_loop loop;
  order log;
  loop.on_uncaught([&](const error&) { log("caught"); });
  loop.set_timeout(0ms, [&] {
    log("t");
    loop.queue_microtask([] { throw error(errc::failed); });
    loop.queue_microtask([&] { log("m1"); });
    loop.queue_microtask([&] { log("m2"); });
  });
  loop.run();
  EXPECT_EQ(log, (order{"t", "caught", "m1", "m2"}));
}

// A51: 100,000 chained microtasks end before a zero timer; a chain of immediates lets it run.
TEST(LoopOrder, LetsMicrotasksStarveTimersButNotImmediates) {
  test_loop loop;
  order log;
  int micro = 100000;
  const std::function<void()> chain = [&] {
    if (--micro > 0) return loop.queue_microtask(std::ref(chain));
    log("microtasks done");
  };
  int turns = 100;
  const std::function<void()> immediates = [&] {
    if (--turns > 0) return static_cast<void>(loop.set_immediate(std::ref(immediates)));
    log("immediates done");
  };
  loop.set_timeout(0ms, [&] {
    log("timer");
    loop.set_timeout(0ms, [&] { log("second timer"); });
  });
  loop.queue_microtask(std::ref(chain));
  loop.set_immediate(std::ref(immediates));
  loop.run();
  EXPECT_EQ(log, (order{"microtasks done", "timer", "second timer", "immediates done"}));
}

// C14: what is registered before `run` never runs before it.
TEST(LoopOrder, CallsNothingBeforeRun) {
  test_loop loop;
  order log;
  const auto each = [&] { log("callback"); };
  loop.next_tick(each);
  loop.queue_microtask(each);
  loop.set_timeout(0ms, each);
  loop.set_immediate(each);
  loop.defer_pending(each);
  loop.defer_close(each);
  static_cast<void>(loop.post(each));
  EXPECT_EQ(log, order());
  loop.run();
  EXPECT_EQ(log.events().size(), 7u);
}

/// Holds on to something that queues a microtask as it goes: a resolver that rejects, say.
struct queues_at_end {
  queues_at_end(loop& owner, order& into) : where(&owner), log(&into) {}
  queues_at_end(queues_at_end&& other) noexcept
      : where(std::exchange(other.where, nullptr)), log(other.log) {}
  ~queues_at_end() {
    if (where) where->queue_microtask([into = log] { (*into)("from destructor"); });
  }
  void operator()() const { (*log)("ran"); }
  loop* where;
  order* log;
};

// A18: also where a callback's own objects queue microtasks as they are destroyed.
TEST(LoopOrder, DrainsWhatTheObjectsOfACallbackQueueAsTheyGo) {
  using arm = void (*)(loop&, callback);
  const arm kinds[] = {
      [](loop& on, callback work) { on.set_timeout(0ms, std::move(work)); },
      [](loop& on, callback work) { on.set_immediate(std::move(work)); },
      [](loop& on, callback work) { on.defer_pending(std::move(work)); },
      [](loop& on, callback work) { on.defer_close(std::move(work)); },
      [](loop& on, callback work) { on.next_tick(std::move(work)); },
      [](loop& on, callback work) { on.queue_microtask(std::move(work)); },
      [](loop& on, callback work) { static_cast<void>(on.post(std::move(work))); },
  };
  for (const arm kind : kinds) {
    test_loop loop;
    order log;
    kind(loop, queues_at_end(loop, log));
    kind(loop, [&log] { log("next"); });
    loop.set_timeout(1h, [] {});  // so that a microtask left over shows as a late one
    loop.run();
    const order between{"ran", "from destructor", "next"};
    const order after{"ran", "next", "from destructor"};  // ticks all come before microtasks
    const order& expected = kind == kinds[4] || kind == kinds[5] ? after : between;
    EXPECT_EQ(log, expected) << "kind " << &kind - kinds;
  }
}

}  // namespace
