#include <trireme/core/promise.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <trireme/core/all.hpp>
#include <trireme/core/race.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

/// Logs "1", "2", ... in successive microtasks, to show in which one something else ran.
void count_ticks(loop& owner, order& log, int last, int number = 1) {
  owner.queue_microtask([&owner, &log, last, number] {
    log(std::to_string(number));
    if (number < last) count_ticks(owner, log, last, number + 1);
  });
}

TEST(Promise, RunsReactionsAsMicrotasksInTheOrderAttached) {
  test_loop loop;
  order log;
  auto [answer, settle] = make_promise<int>(loop);
  answer.then([&](const int&) { log("first"); }).detach();
  answer.then([&](const int&) { log("second"); }).detach();
  settle.resolve(1);
  log("resolved");
  answer.then([&](const int&) { log("third"); }).detach();
  loop.run();
  EXPECT_EQ(log, (order{"resolved", "first", "second", "third"}));
}

TEST(Promise, RunsTicksBeforeReactions) {
  test_loop loop;
  order log;
  promise<void>::resolved(loop).then([&] { log("reaction"); }).detach();
  loop.next_tick([&] { log("tick"); });
  loop.queue_microtask([&] { log("microtask"); });
  loop.run();
  EXPECT_EQ(log, (order{"tick", "reaction", "microtask"}));
}

TEST(Promise, HandsTheValueItselfToAReactionOnAnRvalue) {
  test_loop loop;
  int seen = 0;
  auto made = promise<std::unique_ptr<int>>::resolved(loop, std::make_unique<int>(4));
  std::move(made)
      .then([](std::unique_ptr<int> value) { return *value + 1; })
      .then([&](int value) { seen = value; })
      .detach();
  loop.run();
  EXPECT_EQ(seen, 5);
}

TEST(Promise, FirstSettlingWins) {
  test_loop loop;
  int seen = 0;
  auto [answer, settle] = make_promise<int>(loop);
  settle.resolve(1);
  EXPECT_FALSE(settle);
  settle.resolve(2);
  settle.reject(errc::failed);
  std::move(answer).then([&](int value) { seen = value; }).detach();
  loop.run();
  EXPECT_EQ(seen, 1);
}

TEST(Promise, RejectsWhenItsResolverIsDestroyed) {
  test_loop loop;
  error seen;
  auto answer = make_promise<int>(loop).promise;
  std::move(answer).then([](int) {}).or_else([&](const error& reason) { seen = reason; }).detach();
  loop.run();
  EXPECT_EQ(seen, errc::broken_promise);
}

TEST(Promise, PassesARejectionAlongTheChainATickForEachLink) {
  test_loop loop;
  order log;
  promise<int>::rejected(loop, errc::full)
      .then([&](int) { log("never"); })
      .then([&] { log("never"); })
      .or_else([&](const error& reason) { log(reason.message()); })
      .then([&] { log("after"); })
      .detach();
  count_ticks(loop, log, 5);
  loop.run();
  EXPECT_EQ(log, (order{"1", "2", "limit reached", "3", "after", "4", "5"}));
}

// Node 20: `p.finally` beside `p.then` is called in its turn, on a promise that others use too.
TEST(Promise, CallsFinallyInTheOrderAttachedOnAnLvalueToo) {
  test_loop loop;
  order log;
  const auto answer = promise<int>::resolved(loop, 1);
  answer.finally([&] { log("finally"); }).detach();
  answer.then([&](const int&) { log("then"); }).detach();
  loop.run();
  EXPECT_EQ(log, (order{"finally", "then"}));
}

TEST(Promise, PassesAValueThroughOrElse) {
  test_loop loop;
  std::string seen;
  auto made = promise<std::string>::resolved(loop, "kept");
  auto rescued = made.or_else([](const error&) { return std::string("rescued"); });
  std::move(rescued).then([&](std::string value) { seen = std::move(value); }).detach();
  loop.run();
  EXPECT_EQ(seen, "kept");
}

TEST(Promise, TurnsAThrowIntoARejectionThatKeepsTheException) {
  test_loop loop;
  std::string text;
  promise<void>::resolved(loop)
      .then([] { throw std::runtime_error("thrown"); })
      .or_else([&](const error& reason) {
        EXPECT_EQ(reason, errc::failed);
        EXPECT_THROW(reason.raise(), std::runtime_error);
        text = reason.message();
      })
      .detach();
  loop.run();
  EXPECT_EQ(text, "thrown");
}

// The ticks in these tests were read off Node 20 with the same programs.
TEST(Promise, TakesTwoMoreTicksWhereAReactionReturnsAPromise) {
  test_loop loop;
  order log;
  promise<void>::resolved(loop)
      .then([&] {
        log("outer");
        return promise<int>::resolved(loop, 1);
      })
      .then([&](int) { log("flattened"); })
      .detach();
  count_ticks(loop, log, 5);
  loop.run();
  EXPECT_EQ(log, (order{"outer", "1", "2", "3", "flattened", "4", "5"}));
}

TEST(Promise, FlattensATaskLikeAPromise) {
  test_loop loop;
  order log;
  promise<void>::resolved(loop)
      .then([&]() -> task<std::string> { co_return "from a task"; })
      .then([&](const std::string& value) { log(value); })
      .detach();
  count_ticks(loop, log, 4);
  loop.run();
  EXPECT_EQ(log, (order{"1", "2", "3", "from a task", "4"}));
}

TEST(Promise, FinallyPassesTheValueOnAfterThreeMoreTicks) {
  test_loop loop;
  order log;
  promise<int>::resolved(loop, 7)
      .finally([&] { log("finally"); })
      .then([&](int value) { log("value " + std::to_string(value)); })
      .detach();
  count_ticks(loop, log, 6);
  loop.run();
  EXPECT_EQ(log, (order{"finally", "1", "2", "3", "value 7", "4", "5", "6"}));
}

TEST(Promise, FinallyPassesTheErrorOnUnlessItFailsItself) {
  test_loop loop;
  order log;
  promise<int>::rejected(loop, errc::full)
      .finally([&] { log("first"); })
      .finally([&] { throw error(errc::closed); })
      .or_else([&](const error& reason) {
        log(reason.message());
        return 0;
      })
      .detach();
  loop.run();
  EXPECT_EQ(log, (order{"first", "closed"}));
}

TEST(Promise, FinallyWaitsForThePromiseItReturns) {
  test_loop loop;
  order log;
  auto [gate, open] = make_promise<void>(loop);
  promise<void>::resolved(loop)
      .finally([&, inner = std::move(gate)]() mutable { return std::move(inner); })
      .then([&] { log("after"); })
      .detach();
  loop.set_timeout(5ms, [&, opener = std::move(open)]() mutable {
    log("opened");
    opener.resolve();
  });
  loop.run();
  EXPECT_EQ(log, (order{"opened", "after"}));
}

TEST(Promise, ReportsARejectionThatNobodyHandlesAfterMicrotasks) {
  test_loop loop;
  order log;
  loop.on_uncaught([&](const error& reason) { log(reason.message()); });
  auto kept = promise<int>::rejected(loop, errc::full);
  promise<int>::rejected(loop, errc::closed).detach();
  loop.queue_microtask([&] { log("microtask"); });
  loop.run();
  EXPECT_EQ(log, (order{"microtask", "limit reached", "closed"}));
}

TEST(Promise, DoesNotReportARejectionThatAMicrotaskStillHandles) {
  test_loop loop;
  order log;
  auto late = promise<int>::rejected(loop, errc::full);
  loop.queue_microtask(
      [&] { late.then([](int) {}).or_else([&](const error&) { log("handled"); }).detach(); });
  loop.run();
  EXPECT_EQ(log, (order{"handled"}));
}

TEST(Promise, ReportsTheEndOfAChainThatFails) {
  test_loop loop;
  promise<void>::resolved(loop).then([] { throw error(errc::full); }).detach();
  EXPECT_THROW(loop.run(), error);
}

TEST(Promise, RunsReactionsInTheContextTheyWereAttachedUnder) {
  test_loop loop;
  const context_ptr mine = context::make({});
  auto [answer, settle] = make_promise<void>(loop);
  context_ptr seen;
  loop.run_in(mine, [&, waiting = &answer] { waiting->then([&] { seen = loop.current(); }).detach(); });
  loop.set_timeout(1ms, [settler = std::move(settle)]() mutable { settler.resolve(); });
  loop.run();
  EXPECT_EQ(seen, mine);
}

TEST(Promise, ResolvesWithAnotherPromiseTwoTicksLater) {
  test_loop loop;
  order log;
  auto [first, settle_first] = make_promise<int>(loop);
  settle_first.resolve(promise<int>::resolved(loop, 1));
  std::move(first).then([&](int) { log("value"); }).detach();
  count_ticks(loop, log, 4);
  loop.run();
  EXPECT_EQ(log, (order{"1", "2", "value", "3", "4"}));
}

TEST(Promise, ResolvesWithARejectedPromise) {
  test_loop loop;
  order log;
  auto [outer, settle] = make_promise<int>(loop);
  settle.resolve(promise<int>::rejected(loop, errc::canceled));
  std::move(outer).then([](int) {}).or_else([&](const error& reason) { log(reason.message()); }).detach();
  loop.run();
  EXPECT_EQ(log, (order{"canceled"}));
}

TEST(Promise, MayBeDroppedWithReactionsWaiting) {
  test_loop loop;
  int seen = 0;
  auto pair = make_promise<int>(loop);
  std::move(pair.promise).then([&](int value) { seen = value; }).detach();
  pair.resolver.resolve(3);
  loop.run();
  EXPECT_EQ(seen, 3);
}

TEST(Promise, LeavesNothingBehindWhenItsLoopGoesFirst) {
  auto guard = std::make_shared<int>(1);
  {
    test_loop loop;
    auto [answer, settle] = make_promise<void>(loop);
    std::move(answer).then([guard] {}).detach();
    settle.resolve();
    promise<int>::rejected(loop, errc::full).detach();
    loop.set_timeout(1ms, [waits = make_promise<int>(loop)] {});
  }
  EXPECT_EQ(guard.use_count(), 1);
}

TEST(All, KeepsTheOrderOfItsInput) {
  test_loop loop;
  std::vector<int> seen;
  std::vector<promise<int>> waiting;
  for (const int delay : {3, 1, 2}) {
    auto pair = make_promise<int>(loop);
    waiting.push_back(std::move(pair.promise));
    loop.set_timeout(delay * 1ms,
                     [delay, settle = std::move(pair.resolver)]() mutable { settle.resolve(delay); });
  }
  all(loop, std::move(waiting)).then([&](std::vector<int> values) { seen = std::move(values); }).detach();
  loop.run();
  EXPECT_EQ(seen, (std::vector<int>{3, 1, 2}));
}

TEST(All, RejectsWithTheFirstRejectionAndHandlesTheOthers) {
  test_loop loop;
  order log;
  std::vector<promise<void>> waiting;
  waiting.push_back(promise<void>::resolved(loop));
  waiting.push_back(promise<void>::rejected(loop, errc::full));
  waiting.push_back(promise<void>::rejected(loop, errc::closed));
  all(loop, std::move(waiting)).or_else([&](const error& reason) { log(reason.message()); }).detach();
  loop.run();
  EXPECT_EQ(log, (order{"limit reached"}));
}

TEST(All, TakesOneTickMoreThanItsLast) {
  test_loop loop;
  order log;
  std::vector<promise<int>> waiting;
  waiting.push_back(promise<int>::resolved(loop, 1));
  waiting.push_back(promise<int>::resolved(loop, 2));
  all(loop, std::move(waiting)).then([&](const std::vector<int>&) { log("all"); }).detach();
  count_ticks(loop, log, 3);
  loop.run();
  EXPECT_EQ(log, (order{"1", "all", "2", "3"}));
}

TEST(All, ResolvesAtOnceForNothing) {
  test_loop loop;
  EXPECT_TRUE(all(loop, std::vector<promise<void>>()).settled());
  EXPECT_TRUE(all(loop, std::vector<promise<int>>()).settled());
}

TEST(Race, SettlesAsTheFirst) {
  test_loop loop;
  int seen = 0;
  std::vector<promise<int>> running;
  auto never = make_promise<int>(loop);
  running.push_back(std::move(never.promise));
  running.push_back(promise<int>::resolved(loop, 2));
  running.push_back(promise<int>::rejected(loop, errc::full));
  race(loop, std::move(running)).then([&](int value) { seen = value; }).detach();
  loop.run();
  EXPECT_EQ(seen, 2);
}

}  // namespace
