// A45: a loop inside another, which owns the thread and its own epoll.
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>
#include <trireme/core/asio.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

#include "watched_pair.hpp"

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::test_loop;
using trireme::testing::watched_pair;

/// What some other framework does: waits for the handles of everything it drives.
class foreign_loop {
public:
  explicit foreign_loop(loop& first) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) { add(first); }
  ~foreign_loop() { ::close(epoll_); }

  void add(loop& driven) {
    loops_.push_back(&driven);
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    EXPECT_EQ(::epoll_ctl(epoll_, EPOLL_CTL_ADD, driven.native_handle(), &wanted), 0);
  }

  /// How long it may wait for all of them; negative: for ever.
  int prepare() {
    std::optional<duration> wait;
    for (loop* const each : loops_) {
      const duration its = each->prepare_wait();
      if (its >= duration::zero()) wait = std::min(wait.value_or(its), its);
    }
    return wait ? static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(*wait).count()) : -1;
  }
  /// Never for longer than a test may hang. Whether a handle turned readable.
  bool wait(int milliseconds) {
    constexpr int longest = 20'000;
    epoll_event event;
    const int ready =
        ::epoll_wait(epoll_, &event, 1, milliseconds < 0 ? longest : std::min(milliseconds, longest));
    EXPECT_TRUE(milliseconds >= 0 || ready == 1) << "nothing woke the foreign loop";
    return ready > 0;
  }
  bool turn() {
    ++turns;
    wait(prepare());
    bool alive = false;
    for (loop* const each : loops_) alive = each->poll() || alive;
    return alive;
  }
  int turns = 0;

private:
  const int epoll_;
  std::vector<loop*> loops_;
};

class LoopEmbedding : public ::testing::Test {
protected:
  void SetUp() override {
    if (inner.native_handle() < 0) GTEST_SKIP() << "this Asio does not tell its handle";
  }
  loop inner;
};

// A45
TEST_F(LoopEmbedding, FiresAThousandTimersOnTheForeignLoopsWait) {
  foreign_loop outer(inner);
  int fired = 0, early = 0;
  for (int each = 0; each < 1000; ++each) {
    const auto armed = std::chrono::steady_clock::now();
    const duration delay = each % 40 * 1ms;
    inner.set_timeout(delay, [&, armed, delay] {
      ++fired;
      early += std::chrono::steady_clock::now() - armed < delay;
    });
  }
  while (outer.turn()) {
  }
  EXPECT_EQ(fired, 1000);
  EXPECT_EQ(early, 0);
  EXPECT_LT(outer.turns, 500);  // it waits: no turn for nothing
}

// A45: by `run_once`, in virtual time, the foreign loop doing its own work between.
TEST(LoopEmbeddingByTurns, FiresAThousandTimers) {
  test_loop inner;
  int fired = 0, own_work = 0;
  for (int each = 0; each < 1000; ++each) inner.set_timeout(each % 100 * 1ms, [&] { ++fired; });
  while (inner.run_once()) ++own_work;
  EXPECT_EQ(fired, 1000);
  EXPECT_GE(own_work, 99);
  EXPECT_LE(own_work, 1000);
}

// A45
TEST_F(LoopEmbedding, IsWokenByAPostFromAnotherThread) {
  foreign_loop outer(inner);
  for (int round = 0; round < 50; ++round) {
    std::atomic<bool> prepared{false};
    std::thread other([&, remote = inner.remote()] {
      while (!prepared.load()) std::this_thread::yield();
      callback work = [] {};
      EXPECT_EQ(remote.post(work), posting::posted);
    });
    EXPECT_LT(outer.prepare(), 0);
    prepared = true;
    EXPECT_TRUE(outer.wait(-1));
    other.join();
    EXPECT_EQ(inner.waiting(queue::inbox), 1u);
    inner.poll();
    EXPECT_EQ(inner.waiting(queue::inbox), 0u);
  }
}

// A45: no wake-up is lost, however posts and waits interleave.
TEST_F(LoopEmbedding, LosesNoPostOfManyThreads) {
  constexpr int threads = 4, each_posts = 5000;
  foreign_loop outer(inner);
  int ran = 0;
  std::vector<std::thread> others;
  for (int each = 0; each < threads; ++each) {
    others.emplace_back([&ran, remote = inner.remote()] {
      for (int post = 0; post < each_posts; ++post) {
        callback work = [&ran] { ++ran; };
        EXPECT_EQ(remote.post(work), posting::posted);
        if (post % 64 == 0) std::this_thread::yield();
      }
    });
  }
  while (ran < threads * each_posts && !::testing::Test::HasFailure()) outer.turn();
  for (std::thread& each : others) each.join();
  EXPECT_EQ(ran, threads * each_posts);
}

TEST_F(LoopEmbedding, IsWokenByASocketForAsLongAsItHoldsMore) {
  foreign_loop outer(inner);
  int bytes = 0;
  watched_pair pair(inner, [&] { ++bytes; });
  inner.poll();  // a new descriptor is told to be writable
  inner.poll();
  EXPECT_FALSE(outer.wait(0));
  for (int each = 0; each < 10; ++each) pair.send_byte();
  EXPECT_TRUE(outer.wait(outer.prepare()));
  while (bytes < 10 && outer.turns < 100) outer.turn();
  EXPECT_EQ(bytes, 10);  // one a turn
  inner.poll();
  EXPECT_LT(outer.prepare(), 0);
  EXPECT_FALSE(outer.wait(0));
}

TEST_F(LoopEmbedding, IsWokenByAsiosTimersAndPosts) {
  foreign_loop outer(inner);
  bool posted = false, fired = false;
  asio::post(inner.context(), [&] { posted = true; });
  outer.turn();
  EXPECT_TRUE(posted);
  asio::steady_timer timer(inner.context(), 5ms);
  timer.async_wait([&](asio::error_code) { fired = true; });
  for (int turn = 0; !fired && turn < 100; ++turn) outer.turn();
  EXPECT_TRUE(fired);
}

// A45: what reaches Asio by other threads, without our inbox.
TEST_F(LoopEmbedding, IsWokenByAPostToAsioFromAnotherThread) {
  foreign_loop outer(inner);
  int ran = 0;
  for (int round = 0; round < 50 && ran == round; ++round) {
    std::atomic<bool> prepared{false};
    std::thread other([&] {
      while (!prepared.load()) std::this_thread::yield();
      asio::post(inner.context(), [&] { ++ran; });
    });
    for (int turn = 0; turn < 5 && outer.prepare() == 0; ++turn) inner.poll();
    EXPECT_LT(outer.prepare(), 0);
    prepared = true;
    EXPECT_TRUE(outer.wait(-1));
    other.join();
    inner.poll();
  }
  EXPECT_EQ(ran, 50);
  inner.poll();
  EXPECT_FALSE(outer.wait(0));  // nothing turns it for no reason
}

// A45: no wake-up is lost, however Asio's posts and waits interleave.
TEST_F(LoopEmbedding, LosesNoPostToAsioOfManyThreads) {
  constexpr int threads = 4, each_posts = 5000;
  foreign_loop outer(inner);
  int ran = 0;
  std::vector<std::thread> others;
  for (int each = 0; each < threads; ++each) {
    others.emplace_back([&] {
      for (int post = 0; post < each_posts; ++post) {
        asio::post(inner.context(), [&ran] { ++ran; });
        if (post % 64 == 0) std::this_thread::yield();
      }
    });
  }
  while (ran < threads * each_posts && !::testing::Test::HasFailure()) outer.turn();
  for (std::thread& each : others) each.join();
  EXPECT_EQ(ran, threads * each_posts);
}

TEST_F(LoopEmbedding, IsWokenByAsiosResolver) {
  foreign_loop outer(inner);
  asio::ip::tcp::resolver names(inner.context());
  bool resolved = false;
  names.async_resolve("127.0.0.1", "80", [&](asio::error_code, const auto&) { resolved = true; });
  for (int turn = 0; !resolved && turn < 50; ++turn) outer.turn();
  EXPECT_TRUE(resolved);
}

TEST_F(LoopEmbedding, SaysHowLongItMayWait) {
  using arm = void (*)(loop&);
  const arm at_once[] = {
      [](loop& on) { on.next_tick([] {}); },        [](loop& on) { on.queue_microtask([] {}); },
      [](loop& on) { on.set_immediate([] {}); },    [](loop& on) { on.defer_pending([] {}); },
      [](loop& on) { on.defer_close([] {}); },      [](loop& on) { static_cast<void>(on.post([] {})); },
      [](loop& on) { on.set_timeout(0ms, [] {}); },
  };
  EXPECT_LT(inner.prepare_wait(), 0ms);
  for (const arm& kind : at_once) {
    kind(inner);
    EXPECT_EQ(inner.prepare_wait(), 0ms) << &kind - at_once;
    inner.poll();
    EXPECT_LT(inner.prepare_wait(), 0ms) << &kind - at_once;
  }
  hook idle = inner.on_idle([] {});
  EXPECT_EQ(inner.prepare_wait(), 0ms);
  idle.clear();
  inner.set_immediate([] {}).unref();
  timer later = inner.set_timeout(1h, [] {});
  EXPECT_GT(inner.prepare_wait(), 59min);
  EXPECT_LE(inner.prepare_wait(), 1h);
  later.clear();
  EXPECT_LT(inner.prepare_wait(), 0ms);
}

TEST_F(LoopEmbedding, MayBeAskedAgainAndAgainWithoutATurn) {
  foreign_loop outer(inner);
  for (int each = 0; each < 1000; ++each) EXPECT_LT(inner.prepare_wait(), 0ms);
  bool ran = false;
  std::thread([&, remote = inner.remote()] {
    callback work = [&] { ran = true; };
    EXPECT_EQ(remote.post(work), posting::posted);
  }).join();
  EXPECT_TRUE(outer.wait(-1));
  inner.poll();
  EXPECT_TRUE(ran);
  EXPECT_FALSE(outer.wait(0));  // one token, taken
}

TEST_F(LoopEmbedding, SharesTheForeignLoopWithAnother) {
  loop second;
  foreign_loop outer(inner);
  outer.add(second);
  int left = 100;
  std::function<void(loop&, loop&)> pass = [&](loop& from, loop& to) {
    if (--left == 0) return;
    callback there = [&] { pass(to, from); };
    EXPECT_EQ(to.post(there), posting::posted);
  };
  inner.set_timeout(1ms, [&] { pass(inner, second); });
  while (left > 0 && outer.turns < 1000) outer.turn();
  EXPECT_EQ(left, 0);
}

TEST_F(LoopEmbedding, MayGoWhileItIsWaitedFor) {
  std::optional<loop> going(std::in_place);
  EXPECT_LT(going->prepare_wait(), 0ms);
  const remote_loop remote = going->remote();
  std::thread other([&] {
    callback work = [] {};
    while (remote.post(work) != posting::closed) work = [] {};
  });
  going.reset();
  other.join();
}

}  // namespace
