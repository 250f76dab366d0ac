#include <trireme/core/scope.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <trireme/core/sleep.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

task<void> pause(loop& owner, duration delay) { co_await sleep_for(owner, delay); }
task<void> fail(loop& owner, errc reason) {
  co_await sleep_for(owner, 1ms);
  throw error(reason);
}

TEST(Scope, RunsItsTasksAndJoinsThem) {
  test_loop loop;
  order log;
  const auto work = [&]() -> task<void> {
    scope background(loop);
    background.spawn([&]() -> task<void> {
      co_await sleep_for(loop, 2ms);
      log("two");
    });
    background.spawn([&]() -> task<void> {
      co_await sleep_for(loop, 1ms);
      log("one");
    });
    EXPECT_EQ(background.size(), 2u);
    co_await background.join();
    EXPECT_EQ(background.size(), 0u);
    log("joined");
  };
  const auto running = work();
  loop.run();
  EXPECT_EQ(log, (order{"one", "two", "joined"}));
}

TEST(Scope, JoinsAtOnceWithoutTasks) {
  test_loop loop;
  scope background(loop);
  const auto work = [&]() -> task<void> { co_await background.join(); };
  const auto running = work();
  loop.run();
  EXPECT_TRUE(running.done());
}

TEST(Scope, KeepsTheCapturesOfTheCallableUntilItsTaskEnds) {
  test_loop loop;
  auto guard = std::make_shared<int>(0);
  scope background(loop);
  background.spawn([&loop, guard]() -> task<void> {
    co_await sleep_for(loop, 1ms);
    ++*guard;
  });
  EXPECT_EQ(guard.use_count(), 2);
  loop.run();
  EXPECT_EQ(*guard, 1);
  EXPECT_EQ(guard.use_count(), 1);
}

TEST(Scope, StopsItsTasksOnly) {
  test_loop loop;
  order log;
  scope background(loop);
  background.spawn([&]() -> task<void> {
    const auto slept = co_await as_result(sleep_for(loop, 1h));
    log(slept.error().message());
  });
  const auto outside = [&]() -> task<void> {
    co_await sleep_for(loop, 1ms);
    log("outside");
  };
  const auto running = outside();
  background.cancel();
  loop.run();
  EXPECT_EQ(log, (order{"canceled", "outside"}));
  EXPECT_EQ(background.size(), 0u);
}

TEST(Scope, IsStoppedWithTheContextItWasMadeUnder) {
  test_loop loop;
  order log;
  const context_ptr parent = context::make({});
  std::optional<scope> background;
  loop.run_in(parent, [&] { background.emplace(loop); });
  background->spawn([&]() -> task<void> {
    const auto slept = co_await as_result(sleep_for(loop, 1h));
    log(slept.error().message());
  });
  parent->request_stop(errc::timed_out);
  loop.run();
  EXPECT_EQ(log, (order{"timed out"}));
}

TEST(Scope, DestroysWhatIsLeft) {
  test_loop loop;
  auto guard = std::make_shared<int>(0);
  {
    scope background(loop);
    background.spawn([&loop, guard]() -> task<void> {
      co_await pause(loop, 1h);
      ADD_FAILURE() << "resumed after its scope";
    });
    background.spawn(pause(loop, 1h));
    EXPECT_EQ(background.size(), 2u);
  }
  EXPECT_EQ(guard.use_count(), 1);
  loop.run();
  EXPECT_EQ(loop.time().now(), time_point());
}

TEST(Scope, WakesItsJoinersWhenDestroyed) {
  test_loop loop;
  std::optional<scope> background(std::in_place, loop);
  background->spawn(pause(loop, 1h));
  const auto work = [&]() -> task<void> { co_await background->join(); };
  const auto running = work();
  loop.set_timeout(1ms, [&] { background.reset(); });
  loop.run();
  EXPECT_TRUE(running.done());
}

TEST(Scope, JoinsByPromiseAndCallback) {
  test_loop loop;
  order log;
  scope background(loop);
  background.join([&](const error& failure) { log(failure ? "failed" : "none yet"); });
  log("returned");
  background.spawn(pause(loop, 5ms));
  background.join().as_promise().then([&] { log("promise"); }).detach();
  background.join([&](const error& failure) { log(failure ? "failed" : "callback"); });
  loop.run();
  EXPECT_EQ(log, (order{"returned", "none yet", "callback", "promise"}));
}

TEST(Scope, TellsPromiseAndCallbackWhenDestroyed) {
  test_loop loop;
  order log;
  {
    scope background(loop);
    background.spawn(pause(loop, 1h));
    background.join().as_promise().then([&] { log("promise"); }).detach();
    background.join([&](const error&) { log("callback"); });
  }
  log("destroyed");
  loop.run();
  EXPECT_EQ(log, (order{"destroyed", "callback", "promise"}));
}

TEST(Scope, LeavesNothingBehindWhenItsLoopGoesWithWaitersTold) {
  auto guard = std::make_shared<int>(0);
  {
    test_loop loop;
    scope background(loop);
    background.join([guard](const error&) {});
    background.spawn(pause(loop, 1h));
    background.join([guard](const error&) {});
  }
  EXPECT_EQ(guard.use_count(), 1);
}

TEST(Scope, ReportsErrorsToItsHandler) {
  test_loop loop;
  order log;
  scope background(loop);
  background.on_error([&](const error& reason) { log(reason.message()); });
  background.spawn(fail(loop, errc::full));
  background.spawn([&] { return fail(loop, errc::closed); });
  loop.run();
  EXPECT_EQ(log, (order{"limit reached", "closed"}));
}

TEST(Scope, ReportsErrorsAsUncaughtWithoutAHandler) {
  test_loop loop;
  scope background(loop);
  background.spawn(fail(loop, errc::full));
  EXPECT_THROW(loop.run(), error);
}

TEST(Scope, DoesNotReportThatATaskWasCanceled) {
  test_loop loop;
  scope background(loop);
  background.spawn([&] { return pause(loop, 1h); });
  background.cancel();
  loop.run();
  EXPECT_EQ(background.size(), 0u);
}

TEST(Scope, MayBeDestroyedByItsHandler) {
  test_loop loop;
  order log;
  std::optional<scope> background(std::in_place, loop);
  background->on_error([&](const error& reason) {
    background.reset();
    log(reason.message());
  });
  background->spawn(fail(loop, errc::full));
  background->spawn(pause(loop, 1h));
  loop.run();
  EXPECT_EQ(log, (order{"limit reached"}));
}

TEST(Scope, TakesATaskThatHasEndedAlready) {
  test_loop loop;
  scope background(loop);
  background.spawn([]() -> task<void> { co_return; });
  EXPECT_EQ(background.size(), 1u);
  loop.run();
  EXPECT_EQ(background.size(), 0u);
}

TEST(Scope, PassesOnWhatTheCallableThrows) {
  test_loop loop;
  scope background(loop);
  EXPECT_THROW(background.spawn([]() -> task<void> { throw error(errc::full); }), error);
  EXPECT_EQ(background.size(), 0u);
}

/// What a server keeps for a connection: its tasks hold it, so the last one to end destroys it.
struct session : std::enable_shared_from_this<session> {
  session(loop& owner, order& log) : told(log), background(owner) {}
  ~session() { told("session gone"); }
  void start(duration pauses) {
    background.spawn([self = shared_from_this(), pauses]() -> task<void> {
      co_await sleep_for(self->background.owner(), pauses);
      self->told("task ended");
    });
  }
  order& told;
  scope background;
};

TEST(Scope, GoesWithTheLastTaskThatHoldsItsOwner) {
  test_loop loop;
  order log;
  auto made = std::make_shared<session>(loop, log);
  made->start(1ms);
  made->start(2ms);
  const std::weak_ptr<session> seen = made;
  made->background.join([&](const error&) { log("joined"); });
  made.reset();
  EXPECT_FALSE(seen.expired());
  loop.run();
  EXPECT_TRUE(seen.expired());
  EXPECT_EQ(log, (order{"task ended", "task ended", "session gone", "joined"}));
}

task<void> hold(loop& owner, std::shared_ptr<session> held) {
  co_await sleep_for(owner, 1ms);
  held->told("task ended");
}

TEST(Scope, GoesWithTheFrameThatHoldsItsOwner) {
  test_loop loop;
  order log;
  auto made = std::make_shared<session>(loop, log);
  scope& background = made->background;
  background.spawn(hold(loop, std::move(made)));
  loop.run();
  EXPECT_EQ(log, (order{"task ended", "session gone"}));
}

TEST(Scope, TellsItsHandlerBeforeItGoesWithItsLastTask) {
  test_loop loop;
  order log;
  auto made = std::make_shared<session>(loop, log);
  scope& background = made->background;
  background.on_error([&](const error& reason) { log(reason.message()); });
  background.spawn([held = std::move(made), &loop] { return fail(loop, errc::full); });
  loop.run();
  EXPECT_EQ(log, (order{"limit reached", "session gone"}));
}

task<void> join_and_log(scope& joined, order& log) {
  co_await joined.join();
  log("joined");
}

TEST(Scope, CountsATaskFromItsFirstLine) {
  test_loop loop;
  order log;
  scope background(loop);
  std::optional<task<void>> waiting;
  background.spawn([&]() -> task<void> {
    EXPECT_EQ(background.size(), 1u);
    waiting.emplace(join_and_log(background, log));
    co_await sleep_for(loop, 1ms);
    log("task ended");
  });
  loop.run();
  EXPECT_EQ(log, (order{"task ended", "joined"}));
}

TEST(Scope, WakesItsJoinersWhereTheCallableThrows) {
  test_loop loop;
  order log;
  scope background(loop);
  const auto work = [&]() -> task<void> {
    background.join([&](const error&) { log("joined"); });
    throw error(errc::full);
  };
  EXPECT_THROW(background.spawn(work), error);
  EXPECT_EQ(background.size(), 0u);
  loop.run();
  EXPECT_EQ(log, (order{"joined"}));
}

}  // namespace
