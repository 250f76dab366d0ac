#include <trireme/core/hook.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
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

using make = hook (*)(loop&, callback);
const std::array<make, 3> kinds{{
    [](loop& on, callback work) { return on.on_idle(std::move(work)); },
    [](loop& on, callback work) { return on.on_prepare(std::move(work)); },
    [](loop& on, callback work) { return on.on_check(std::move(work)); },
}};

/// Prepare and check hooks do not end the wait in poll: something else has to.
void run_a_turn(test_loop& loop) {
  loop.set_immediate([] {});
  loop.run();
}

// A08
TEST(Hook, RunsOnceInEveryTurn) {
  for (const make kind : kinds) {
    test_loop loop;
    int calls = 0, turns = 0;
    hook counted = kind(loop, [&] {
      ++calls;
      loop.time().advance(100us);  // virtual time stands still while an idle hook lives
    });
    counted.unref();
    loop.on_phase([&](phase which) { turns += which == phase::poll; });
    for (int wait = 1; wait <= 10; ++wait) loop.set_timeout(wait * 1ms, [] {});
    loop.run();
    EXPECT_EQ(calls, turns);
    EXPECT_GE(calls, 10);
  }
}

// A08: right before each poll, nothing between.
TEST(Hook, PreparesRightBeforeEachPoll) {
  test_loop loop;
  order log;
  int turns = 0;
  hook prepare = loop.on_prepare([&] { log("prepare hook"); });
  prepare.unref();
  loop.on_phase([&](phase which) { log(to_string(which)); });
  static_cast<void>(loop.post([&] { log("post"); }));
  for (int wait = 1; wait <= 3; ++wait) loop.set_timeout(wait * 1ms, [&] { ++turns; });
  loop.run();
  const auto& events = log.events();
  int seen = 0;
  for (std::size_t at = 0; at + 1 < events.size(); ++at) {
    if (events[at] != "prepare hook") continue;
    EXPECT_EQ(events[at - 1], "prepare");
    EXPECT_EQ(events[at + 1], "poll");
    ++seen;
  }
  EXPECT_GE(seen, 3);
}

// A08, A09: while an idle hook lives poll does not wait: virtual time stands still.
TEST(Hook, KeepsPollFromWaitingWhileItIsAnIdleOne) {
  test_loop loop;
  int calls = 0;
  timer far = loop.set_timeout(1h, [] { ADD_FAILURE() << "the loop waited"; });
  hook idle;
  idle = loop.on_idle([&] {
    if (++calls == 1000) far.clear(), idle.clear();
  });
  loop.run();
  EXPECT_EQ(calls, 1000);
  EXPECT_EQ(loop.now(), time_point());
}

TEST(Hook, LetsPollWaitWhileItIsOfAnotherKind) {
  test_loop loop;
  int calls = 0;
  hook prepare = loop.on_prepare([&] { ++calls; });
  hook check = loop.on_check([&] { ++calls; });
  loop.set_timeout(1h, [&] { prepare.clear(), check.clear(); });
  loop.run();
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(loop.now(), time_point(1h));
}

TEST(Hook, KeepsTheLoopAliveUnlessUnreferenced) {
  for (const make kind : kinds) {
    test_loop loop;
    hook one = kind(loop, [] {});
    EXPECT_TRUE(loop.alive());
    one.unref();
    one.unref();
    EXPECT_FALSE(loop.alive());
    one.ref();
    one.ref();
    EXPECT_TRUE(loop.alive());
    one.clear();
    EXPECT_FALSE(loop.alive());
    one.ref();
    one.clear();
    EXPECT_FALSE(loop.alive());
  }
}

TEST(Hook, EndsAsItGoesOrIsReplaced) {
  for (const make kind : kinds) {
    test_loop loop;
    auto counted = std::make_shared<int>();
    {
      hook first = kind(loop, [counted] {});
      hook second = std::move(first);
      EXPECT_EQ(counted.use_count(), 2);
      EXPECT_TRUE(loop.alive());
      second = kind(loop, [] {});
      EXPECT_EQ(counted.use_count(), 1);
      EXPECT_TRUE(loop.alive());
    }
    EXPECT_FALSE(loop.alive());
  }
}

TEST(Hook, MayClearItself) {
  for (const make kind : kinds) {
    test_loop loop;
    int calls = 0;
    std::optional<hook> own;
    own = kind(loop, [&, kept = std::make_unique<int>(5)] {
      own.reset();
      calls += *kept;
    });
    run_a_turn(loop);
    EXPECT_EQ(calls, 5);
  }
}

TEST(Hook, MayBeDestroyedByAnother) {
  for (const make kind : kinds) {
    test_loop loop;
    order log;
    std::array<hook, 4> hooks;
    hooks[0] = kind(loop, [&] { log("0"), hooks[2].clear(); });
    hooks[1] = kind(loop, [&] { log("1"), hooks[0].clear(); });
    hooks[2] = kind(loop, [&] { log("2"); });
    hooks[3] = kind(loop, [&] {
      log("3");
      for (hook& each : hooks) each.clear();
    });
    run_a_turn(loop);
    EXPECT_EQ(log, (order{"0", "1", "3"}));
  }
}

TEST(Hook, RunsInTheOrderMadeAlsoAfterAStop) {
  for (const make kind : kinds) {
    test_loop loop;
    order log;
    bool stop = true;
    std::vector<hook> hooks;
    hooks.push_back(kind(loop, [&] { log("a"); }));
    hooks.push_back(kind(loop, [&] {
      log("b");
      if (std::exchange(stop, false)) loop.stop();
    }));
    hooks.push_back(kind(loop, [&] { log("c"); }));
    run_a_turn(loop);
    EXPECT_EQ(log, (order{"a", "b"}));
    hooks.push_back(kind(loop, [&] { log("d"), loop.stop(); }));
    run_a_turn(loop);
    EXPECT_EQ(log, (order{"a", "b", "a", "b", "c", "d"}));
  }
}

TEST(Hook, MadeInACallbackOfTheSameKindRunsFromTheNextTurnAndLast) {
  for (const make kind : kinds) {
    test_loop loop;
    order log;
    int turns = 0;
    std::vector<hook> hooks;
    hooks.push_back(kind(loop, [&] {
      log("a");
      if (++turns == 1) hooks.push_back(kind(loop, [&] { log("made"), loop.stop(); }));
      static_cast<void>(loop.post([] {}));  // there is a next turn
    }));
    hooks.push_back(kind(loop, [&] { log("b"); }));
    run_a_turn(loop);
    EXPECT_EQ(log, (order{"a", "b", "a", "b", "made"}));
  }
}

TEST(Hook, DrainsAfterEachAndReportsWhatItThrows) {
  for (const make kind : kinds) {
    test_loop loop;
    order log;
    loop.on_uncaught([&](const error& failure) { log("caught " + failure.message()); });
    std::array<hook, 2> hooks;
    hooks[0] = kind(loop, [&] {
      loop.queue_microtask([&] { log("microtask"); });
      loop.next_tick([&] { log("tick"); });
      throw std::runtime_error("it");
    });
    hooks[1] = kind(loop, [&] { log("second"), loop.stop(); });
    run_a_turn(loop);
    EXPECT_EQ(log, (order{"caught it", "tick", "microtask", "second"}));
  }
}

/// Queues a microtask as it goes.
struct queues_at_end {
  queues_at_end(loop& owner, order& into) : where(&owner), log(&into) {}
  queues_at_end(queues_at_end&& other) noexcept
      : where(std::exchange(other.where, nullptr)), log(other.log) {}
  ~queues_at_end() {
    if (where) where->queue_microtask([into = log] { (*into)("from destructor"); });
  }
  loop* where;
  order* log;
};

// A18: also for what a hook held that cleared itself.
TEST(Hook, DrainsWhatItHeldBeforeTheNextCallback) {
  for (const make kind : kinds) {
    test_loop loop;
    order log;
    std::array<hook, 2> hooks;
    hooks[0] = kind(loop, [&, held = queues_at_end(loop, log)] { log("first"), hooks[0].clear(); });
    hooks[1] = kind(loop, [&] { log("second"), hooks[1].clear(); });
    run_a_turn(loop);
    EXPECT_EQ(log, (order{"first", "from destructor", "second"}));
  }
}

TEST(Hook, RunsInTheContextItWasMadeUnder) {
  for (const make kind : kinds) {
    test_loop loop;
    const auto work = context::make({});
    context_ptr seen;
    hook own;
    loop.run_in(work, [&] {
      own = kind(loop, [&] {
        seen = loop.current();
        own.clear();
      });
    });
    run_a_turn(loop);
    EXPECT_EQ(seen, work);
    EXPECT_EQ(loop.current(), context_ptr());
  }
}

TEST(Hook, MayGoAfterItsLoop) {
  for (const make kind : kinds) {
    auto counted = std::make_shared<int>();
    hook late, later;
    {
      test_loop loop;
      late = kind(loop, [counted] { ADD_FAILURE(); });
      later = kind(loop, [counted] { ADD_FAILURE(); });
    }
    late.ref();
    late.unref();
    late.clear();
    later = hook();
    EXPECT_EQ(counted.use_count(), 1);
  }
}

TEST(Hook, MayBeOwnedByWhatTheLoopDestroys) {
  auto counted = std::make_shared<int>();
  {
    test_loop loop;
    for (const make kind : kinds) {
      auto held = std::make_shared<hook>(kind(loop, [counted] { ADD_FAILURE(); }));
      loop.set_timeout(1h, [held] { ADD_FAILURE(); });
    }
  }
  EXPECT_EQ(counted.use_count(), 1);
}

}  // namespace
