// A loop that goes with work in flight: nothing is called, everything is destroyed while the loop is whole.
#include <gtest/gtest.h>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <csignal>
#include <memory>
#include <optional>
#include <trireme/core/asio.hpp>
#include <trireme/core/detail/this_loop.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::test_loop;

/// Schedules one of itself in every queue as it is destroyed, `depth` times over.
struct schedules_at_end {
  schedules_at_end(loop& on, int levels, int& counted) : where(&on), depth(levels), count(&counted) {}
  schedules_at_end(schedules_at_end&& other) noexcept
      : where(std::exchange(other.where, nullptr)), depth(other.depth), count(other.count) {}
  ~schedules_at_end() {
    if (!where) return;
    ++*count;
    if (depth > 0) schedule();
  }
  void operator()() const { ADD_FAILURE() << "was called"; }
  void schedule() const {
    const auto again = [this] { return schedules_at_end(*where, depth - 1, *count); };
    where->next_tick(again());
    where->queue_microtask(again());
    where->set_timeout(1ms, again());
    where->set_interval(1ms, again());
    where->set_immediate(again());
    where->defer_pending(again());
    where->defer_close(again());
    static_cast<void>(where->post(again()));
  }
  loop* where;
  int depth;
  int* count;
};

TEST(LoopEnd, DestroysWhatWaitsInEveryQueueWithoutCallingIt) {
  int destroyed = 0;
  {
    test_loop loop;
    schedules_at_end(loop, 1, destroyed).schedule();
  }
  // 1 + 8, the one that scheduled them scheduling again as it goes.
  EXPECT_EQ(destroyed, 1 + 8 + 8);
}

TEST(LoopEnd, DestroysWhatTheDestroyedScheduled) {
  int destroyed = 0;
  {
    test_loop loop;
    loop.set_timeout(1ms, schedules_at_end(loop, 3, destroyed));
  }
  EXPECT_GT(destroyed, 1 + 7 + 49 + 343 - 1);
}

TEST(LoopEnd, RejectsThePromisesOfResolversThatGoWithItToNobody) {
  std::optional<test_loop> loop(std::in_place);
  auto [answer, settle] = make_promise<int>(*loop);
  auto held = std::make_shared<int>();
  loop->on_uncaught([](const error& failure) { ADD_FAILURE() << failure.message(); });
  std::move(answer)
      .then([held](int) { ADD_FAILURE() << "was called"; })
      .or_else([held](const error&) { ADD_FAILURE() << "was called, by a loop that goes"; })
      .detach();
  loop->set_timeout(1h, [kept = std::make_shared<resolver<int>>(std::move(settle))] {});
  EXPECT_EQ(held.use_count(), 3);
  loop.reset();
  EXPECT_EQ(held.use_count(), 1);  // the reactions are gone all the same
}

TEST(LoopEnd, DestroysHandlersThatAsioHolds) {
  int destroyed = 0;
  {
    test_loop loop;
    asio::post(loop.context(), schedules_at_end(loop, 1, destroyed));
  }
  EXPECT_GE(destroyed, 8);
  destroyed = 0;
  {
    test_loop loop;
    asio::steady_timer timer(loop.context(), 1h);
    timer.async_wait([end = schedules_at_end(loop, 1, destroyed)](asio::error_code) { ADD_FAILURE(); });
  }
  EXPECT_GE(destroyed, 8);
}

TEST(LoopEnd, DestroysTheHandlerOfUncaughtErrorsAndOfSignals) {
  int destroyed = 0;
  {
    test_loop loop;
    loop.on_uncaught([end = schedules_at_end(loop, 1, destroyed)](const error&) {});
    loop.set_immediate([kept = loop.on_signal(SIGUSR2, schedules_at_end(loop, 1, destroyed))] {});
  }
  EXPECT_GE(destroyed, 16);
}

TEST(LoopEnd, LeavesANewerLoopOfTheThreadCurrent) {
  std::optional<test_loop> first(std::in_place);
  test_loop second;
  first.reset();
  EXPECT_EQ(detail::current_loop(), &second);
}

TEST(LoopEnd, AnswersClosedToThoseWhoComeLater) {
  std::optional<test_loop> loop(std::in_place);
  const remote_loop remote = loop->remote();
  loop.reset();
  bool ran = false;
  callback work = [&ran] { ran = true; };
  EXPECT_EQ(remote.post(work), posting::closed);
  ASSERT_TRUE(work);  // still the caller's
  work();
  EXPECT_TRUE(ran);
  EXPECT_EQ(remote_loop().post(work), posting::closed);
}

}  // namespace
