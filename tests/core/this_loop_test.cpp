// Which loop a coroutine without a loop among its parameters belongs to.
#include <trireme/core/detail/this_loop.hpp>

#include <gtest/gtest.h>

#include <asio/async_result.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <trireme/core/asio.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::detail::current_loop;
using trireme::testing::test_loop;

task<void> names_no_loop() { co_return; }
bool belongs_to(const loop& expected) { return &names_no_loop().owner() == &expected; }

TEST(ThisLoop, IsTheOneMadeLastOfThoseAlive) {
  EXPECT_EQ(current_loop(), nullptr);
  test_loop first;
  EXPECT_TRUE(belongs_to(first));
  {
    std::optional<test_loop> second(std::in_place);
    test_loop third;
    EXPECT_TRUE(belongs_to(third));
    second.reset();
    EXPECT_TRUE(belongs_to(third));
  }
  EXPECT_TRUE(belongs_to(first));
}

TEST(ThisLoop, IsTheRunningOneAndThenAgainTheOneBefore) {
  test_loop first, second;
  int seen = 0;
  first.set_immediate([&] { seen += belongs_to(first); });
  first.run();
  EXPECT_TRUE(belongs_to(second));
  first.set_immediate([&] { seen += belongs_to(first); });
  first.run_once();
  EXPECT_TRUE(belongs_to(second));
  first.set_immediate([&] { seen += belongs_to(first); });
  first.run_for(1ms);
  EXPECT_TRUE(belongs_to(second));
  EXPECT_EQ(seen, 3);
}

TEST(ThisLoop, IsTheOuterOneAgainAfterACallbackHasTurnedAnInnerOne) {
  test_loop inner, outer;
  int seen = 0;
  inner.set_immediate([&] { seen += belongs_to(inner); });
  outer.set_immediate([&] {
    inner.poll();
    seen += belongs_to(outer);
  });
  outer.run();
  EXPECT_EQ(seen, 2);
}

TEST(ThisLoop, StaysTheRunningOneWhereItsCallbackMakesAnother) {
  test_loop older;
  test_loop outer;
  int seen = 0;
  older.set_immediate([&] {
    {
      test_loop made;
      seen += belongs_to(older);
    }
    seen += belongs_to(older);
  });
  older.run();
  EXPECT_EQ(seen, 2);
  EXPECT_TRUE(belongs_to(outer));
}

TEST(ThisLoop, IsNoneThatHasGoneDuringARun) {
  test_loop first;
  auto second = std::make_unique<test_loop>();
  first.set_immediate([&] { second.reset(); });
  first.run();
  EXPECT_TRUE(belongs_to(first));
}

TEST(ThisLoop, IsOneForEachThread) {
  test_loop here;
  std::thread([] {
    EXPECT_EQ(current_loop(), nullptr);
    test_loop there;
    EXPECT_TRUE(belongs_to(there));
  }).join();
  EXPECT_TRUE(belongs_to(here));
}

TEST(ThisLoop, GoesOverToTheThreadThatRunsIt) {
  auto moved = std::make_unique<loop>();
  test_loop here;
  std::thread([&moved] {
    moved->run();
    EXPECT_TRUE(belongs_to(*moved));
    moved.reset();
    EXPECT_EQ(current_loop(), nullptr);
  }).join();
  EXPECT_TRUE(belongs_to(here));
}

TEST(ThisLoop, IsANewOneWhereTheOneBeforeHasGoneOnAnotherThread) {
  auto moved = std::make_unique<loop>();
  std::thread([&moved] {
    moved->run();
    moved.reset();
  }).join();
  test_loop fresh;
  EXPECT_TRUE(belongs_to(fresh));
  fresh.run();
  EXPECT_TRUE(belongs_to(fresh));
}

// Under ThreadSanitizer: the loop takes its thread anew while a handler asks for it.
TEST(ThisLoop, IsAskedForByAHandlerThatAnotherThreadDrops) {
  loop owner;
  error seen;
  std::optional<std::thread> elsewhere;
  const auto initiate = [&elsewhere](auto handler) { elsewhere.emplace([dropped = std::move(handler)] {}); };
  asio::async_initiate<const use_promise_t, void()>(initiate, use_promise)
      .or_else([&](const error& reason) {
        seen = reason;
        owner.stop();
      })
      .detach();
  const pending_work arriving(owner);
  owner.run();
  elsewhere->join();
  EXPECT_EQ(seen, errc::broken_promise);
}

}  // namespace
