#include <trireme/core/task.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <trireme/core/sleep.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/core/timeout.hpp>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

task<int> give(loop&, int value) { co_return value; }
task<int> fail(loop&, errc reason) {
  throw error(reason);
  co_return 0;
}
task<void> pause(loop& owner, duration delay) { co_await sleep_for(owner, delay); }

TEST(Task, RunsAtOnceUpToItsFirstSuspension) {
  test_loop loop;
  order log;
  const auto work = [&]() -> task<void> {
    log("started");
    co_await promise<void>::resolved(loop);
    log("resumed");
  };
  const auto running = work();
  log("returned");
  EXPECT_FALSE(running.done());
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"started", "returned", "resumed"}));
}

// A28
// The classic program of Node, and awaiting turn by turn with `then`.
TEST(Task, InterleavesWithReactionsAsInNode) {
  test_loop loop;
  order log;
  const auto work = [&]() -> task<void> {
    co_await promise<void>::resolved(loop);
    log("a1");
    co_await promise<void>::resolved(loop);
    log("a2");
  };
  const auto running = work();
  promise<void>::resolved(loop)
      .then([&] { log("t1"); })
      .then([&] { log("t2"); })
      .then([&] { log("t3"); })
      .detach();
  loop.run();
  EXPECT_EQ(log, (order{"a1", "t1", "a2", "t2", "t3"}));
}

// A27, A28
TEST(Task, DoesInTheSameOrderWhatAChainDoes) {
  test_loop loop;
  order by_chain;
  order by_await;
  const auto fetch = [&](order& log) {
    log("Fetching...");
    return sleep_for(loop, 1ms).as_promise().then([] { return std::string("{\"name\":\"John\"}"); });
  };
  fetch(by_chain).then([&](const std::string& user) { by_chain("User: " + user); }).detach();
  by_chain("Request queued");
  const auto work = [&]() -> task<void> {
    auto fetched = fetch(by_await);
    by_await("User: " + co_await std::move(fetched));
  };
  const auto running = work();
  by_await("Request queued");
  loop.run();
  EXPECT_EQ(by_chain, (order{"Fetching...", "Request queued", "User: {\"name\":\"John\"}"}));
  EXPECT_EQ(by_await, by_chain);
}

// A28
// Node 20 prints "t1 t2 ret t3 t4" where an async function returns a promise instead of its value. A task
// awaits it before it returns, which is one tick instead of three.
TEST(Task, ReturnsWhatItAwaitsSoonerThanNodeReturnsAPromise) {
  test_loop loop;
  order log;
  const auto inner = [&]() -> task<int> { co_return co_await promise<int>::resolved(loop, 1); };
  const auto work = [&]() -> task<void> {
    co_await inner();
    log("ret");
  };
  const auto running = work();
  promise<void>::resolved(loop)
      .then([&] { log("t1"); })
      .then([&] { log("t2"); })
      .then([&] { log("t3"); })
      .detach();
  loop.run();
  EXPECT_EQ(log, (order{"t1", "ret", "t2", "t3"}));
}

// A51
TEST(Task, AChainOfMicrotasksEndsBeforeATimerThatIsDue) {
  test_loop loop;
  order log;
  loop.set_timeout(0ms, [&] { log("timer"); });
  const auto work = [&]() -> task<void> {
    for (int each = 0; each < 100000; ++each) co_await promise<void>::resolved(loop);
    log("chain");
  };
  const auto running = work();
  loop.run();
  EXPECT_EQ(log, (order{"chain", "timer"}));
}

TEST(Task, ResumesItsAwaiterOneTickAfterItsEndAsInNode) {
  test_loop loop;
  order log;
  const auto inner = [&]() -> task<void> { co_await promise<void>::resolved(loop); };
  const auto work = [&]() -> task<void> {
    co_await inner();
    log("awaited");
  };
  const auto running = work();
  loop.queue_microtask([&] {
    log("1");
    loop.queue_microtask([&] { log("2"); });
  });
  loop.run();
  EXPECT_EQ(log, (order{"1", "awaited", "2"}));
}

TEST(Task, AwaitsATask) {
  test_loop loop;
  const auto sum = [](trireme::loop& owner) -> task<int> {
    auto two = give(owner, 2);
    co_return 1 + co_await std::move(two) + co_await give(owner, 3);
  };
  int seen = 0;
  sum(loop).as_promise().then([&](const int& value) { seen = value; }).detach();
  loop.run();
  EXPECT_EQ(seen, 6);
}

TEST(Task, AwaitsAnLvaluePromiseManyTimes) {
  test_loop loop;
  auto [answer, settle] = make_promise<std::string>(loop);
  order log;
  const auto read = [](trireme::loop&, const promise<std::string>& shared, order& out) -> task<void> {
    const std::string& value = co_await shared;
    out(value);
  };
  const auto first = read(loop, answer, log);
  const auto second = read(loop, answer, log);
  settle.resolve("shared");
  loop.run();
  EXPECT_EQ(log, (order{"shared", "shared"}));
}

TEST(Task, MovesTheValueOutOfAnRvaluePromise) {
  test_loop loop;
  const auto unpack = [](trireme::loop&, promise<std::unique_ptr<int>> boxed) -> task<int> {
    const auto box = co_await std::move(boxed);
    co_return *box;
  };
  int seen = 0;
  unpack(loop, promise<std::unique_ptr<int>>::resolved(loop, std::make_unique<int>(9)))
      .as_promise()
      .then([&](const int& value) { seen = value; })
      .detach();
  loop.run();
  EXPECT_EQ(seen, 9);
}

TEST(Task, ThrowsTheErrorOfWhatItAwaits) {
  test_loop loop;
  order log;
  const auto work = [&]() -> task<void> {
    try {
      co_await fail(loop, errc::full);
    } catch (const error& reason) {
      log(reason.message());
    }
    try {
      co_await promise<void>::rejected(loop, errc::closed);
    } catch (const error& reason) {
      log(reason.message());
    }
  };
  const auto running = work();
  loop.run();
  EXPECT_EQ(log, (order{"limit reached", "closed"}));
}

TEST(Task, ThrowsTheOriginalExceptionThroughItsAwaiters) {
  test_loop loop;
  order log;
  const auto inner = [](trireme::loop&) -> task<void> {
    throw std::out_of_range("original");
    co_return;
  };
  const auto work = [&]() -> task<void> {
    try {
      co_await inner(loop);
    } catch (const std::out_of_range& same) {
      log(same.what());
    }
  };
  const auto running = work();
  loop.run();
  EXPECT_EQ(log, (order{"original"}));
}

TEST(Task, GivesAResultInsteadOfAThrow) {
  test_loop loop;
  order log;
  const auto work = [&]() -> task<void> {
    const result<int> failed = co_await as_result(fail(loop, errc::full));
    log(failed.error().message());
    const result<int> given = co_await as_result(give(loop, 5));
    log(std::to_string(*given));
    auto rejected = promise<void>::rejected(loop, errc::closed);
    const result<void> by_lvalue = co_await as_result(rejected);
    log(by_lvalue.error().message());
    const result<void> slept = co_await as_result(sleep_for(loop, 1ms));
    log(slept ? "slept" : "failed");
  };
  const auto running = work();
  loop.run();
  EXPECT_EQ(log, (order{"limit reached", "5", "closed", "slept"}));
}

TEST(Task, SettlesItsPromiseInTheMomentItEnds) {
  test_loop loop;
  order log;
  give(loop, 1).as_promise().then([&](const int&) { log("task"); }).detach();
  promise<void>::resolved(loop).then([&] { log("promise"); }).detach();
  loop.run();
  EXPECT_EQ(log, (order{"task", "promise"}));
}

TEST(Task, ResumesInTheContextItWasStartedUnder) {
  test_loop loop;
  const context_ptr mine = context::make({});
  auto [gate, open] = make_promise<void>(loop);
  std::vector<context_ptr> seen;
  const auto work = [&loop, &seen](promise<void> waited) -> task<void> {
    seen.push_back(loop.current());
    co_await std::move(waited);
    seen.push_back(loop.current());
    co_await sleep_for(loop, 1ms);
    seen.push_back(loop.current());
  };
  const auto running =
      loop.run_in(mine, [&, waited = std::move(gate)]() mutable { return work(std::move(waited)); });
  EXPECT_EQ(loop.current(), context_ptr());
  open.resolve();
  loop.run();
  EXPECT_EQ(seen, (std::vector<context_ptr>{mine, mine, mine}));
}

TEST(Task, ReportsAFailureThatNobodyTookWhenDropped) {
  test_loop loop;
  order log;
  loop.on_uncaught([&](const error& reason) { log(reason.message()); });
  {
    const auto failed = fail(loop, errc::full);
    loop.run();
    log("held");
  }
  loop.run();
  EXPECT_EQ(log, (order{"held", "limit reached"}));
}

TEST(Task, ForgetsWhatItAwaitsWhenDropped) {
  test_loop loop;
  auto guard = std::make_shared<int>(0);
  auto [gate, open] = make_promise<void>(loop);
  const auto work = [&loop](const promise<void>& waited, std::shared_ptr<int> kept) -> task<void> {
    co_await waited;
    ADD_FAILURE() << "resumed after it was dropped";
    co_await sleep_for(loop, 1ms);
    ++*kept;
  };
  { const auto dropped = work(gate, guard); }
  EXPECT_EQ(guard.use_count(), 1);
  open.resolve();
  loop.run();
}

TEST(Task, DoesNotResumeWhenDroppedAfterItsResumeWasQueued) {
  test_loop loop;
  auto [gate, open] = make_promise<void>(loop);
  const auto work = [](trireme::loop&, const promise<void>& waited) -> task<void> {
    co_await waited;
    ADD_FAILURE() << "resumed after it was dropped";
  };
  {
    const auto dropped = work(loop, gate);
    open.resolve();
  }
  loop.run();
}

TEST(Task, TakesItsTimerAlongWhenDropped) {
  test_loop loop;
  { const auto dropped = pause(loop, 1h); }
  EXPECT_FALSE(loop.alive());
  loop.run();
  EXPECT_EQ(loop.time().now(), time_point());
}

TEST(Task, DropsAWholeChain) {
  test_loop loop;
  auto guard = std::make_shared<int>(0);
  const auto outer = [&loop](std::shared_ptr<int> kept) -> task<void> {
    co_await pause(loop, 1h);
    ++*kept;
  };
  { const auto dropped = outer(guard); }
  EXPECT_EQ(guard.use_count(), 1);
  EXPECT_FALSE(loop.alive());
}

TEST(Task, FindsItsLoopWithoutAParameter) {
  test_loop loop;
  const auto work = []() -> task<int> { co_return 3; };
  const auto running = work();
  EXPECT_EQ(&running.owner(), &loop);
}

TEST(Task, IsDestroyedWithItsLoopWhileItsResumeWaits) {
  auto guard = std::make_shared<int>(0);
  {
    test_loop loop;
    const auto work = [](trireme::loop& owner, std::shared_ptr<int>) -> task<void> {
      co_await promise<void>::resolved(owner);
      co_await sleep_for(owner, 1ms);
    };
    work(loop, guard).as_promise().detach();
    loop.set_timeout(1ms, [held = work(loop, guard)] {});
    loop.queue_microtask([held = work(loop, guard)] {});
    static_cast<void>(loop.poll());
    loop.queue_microtask([held = pause(loop, 1ms)] {});
  }
  EXPECT_EQ(guard.use_count(), 1);
}

TEST(Sleep, WaitsExactlyUnderVirtualTime) {
  test_loop loop;
  order log;
  const auto work = [&](std::string name, duration delay) -> task<void> {
    co_await sleep_for(loop, delay);
    log(name);
  };
  const auto late = work("late", 20ms);
  const auto early = work("early", 10ms);
  loop.run();
  EXPECT_EQ(log, (order{"early", "late"}));
  EXPECT_EQ(loop.time().now(), time_point(20ms));
}

TEST(Sleep, UntilAPointInTime) {
  test_loop loop;
  const auto work = [&]() -> task<void> { co_await sleep_until(loop, time_point(30ms)); };
  const auto running = work();
  loop.run();
  EXPECT_EQ(loop.time().now(), time_point(30ms));
}

TEST(Sleep, EndsWithTheReasonOfAStop) {
  test_loop loop;
  const context_ptr mine = context::make({});
  order log;
  const auto work = [&]() -> task<void> {
    const auto slept = co_await as_result(sleep_for(loop, 1h));
    log(slept.error().message());
    const auto again = co_await as_result(sleep_for(loop, 1h));
    log(again.error().message());
  };
  const auto running = loop.run_in(mine, work);
  mine->request_stop(errc::closed);
  log("stopped");
  loop.run();
  EXPECT_EQ(log, (order{"stopped", "closed", "closed"}));
  EXPECT_EQ(loop.time().now(), time_point());
}

TEST(Timeout, StopsTheWorkAtItsDeadline) {
  test_loop loop;
  order log;
  const auto work = [&]() -> task<void> {
    auto guarded = with_timeout(loop, 10ms, [&] { return pause(loop, 1h); });
    const auto ended = co_await as_result(std::move(guarded));
    log(ended.error().message());
    EXPECT_FALSE(loop.current());
  };
  const auto running = work();
  loop.run();
  EXPECT_EQ(log, (order{"timed out"}));
  EXPECT_EQ(loop.time().now(), time_point(10ms));
}

TEST(Timeout, GivesTheValueAndForgetsTheDeadline) {
  test_loop loop;
  int seen = 0;
  with_timeout(loop, 1h, [&] { return give(loop, 8); })
      .as_promise()
      .then([&](const int& value) { seen = value; })
      .detach();
  loop.run();
  EXPECT_EQ(seen, 8);
  EXPECT_EQ(loop.time().now(), time_point());
}

TEST(Timeout, ShowsTheDeadlineToTheWork) {
  test_loop loop;
  std::optional<time_point> seen;
  const auto work = [&]() -> task<void> {
    seen = loop.current()->deadline();
    co_return;
  };
  const auto running = with_timeout(loop, 10ms, work);
  loop.run();
  EXPECT_EQ(seen, time_point(10ms));
}

}  // namespace
