// What goes wrong around a loop: it goes in the middle of anything, the system refuses, clocks jump, threads
// post too much.
#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <random>
#include <system_error>
#include <thread>
#include <trireme/core/asio.hpp>
#include <trireme/core/detail/this_loop.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/scope.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

#include "watched_pair.hpp"

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::test_loop;
using trireme::testing::watched_pair;

/// Arms some of everything, again and again, all of it holding `counted`.
struct everything {
  explicit everything(test_loop& on) : loop(on), tasks(on) {
    for (int each = 0; each < 3; ++each) {
      pairs.push_back(std::make_unique<watched_pair>(loop, [this, kept = counted] { called(); }));
      hooks.push_back(loop.on_idle([this, kept = counted] {
        loop.time().advance(100us);
        called();
      }));
      hooks.push_back(loop.on_prepare(call()));
      hooks.push_back(loop.on_check(call()));
      loop.set_interval(1ms, call());
    }
    arm();
  }

  callback call() {
    return [this, kept = counted] { called(); };
  }
  void called() {
    if (over) late = true;
    if (++calls % 64 == 0) arm();  // fewer than it calls: this dies down
  }
  void arm() {
    for (int each = 0; each < 3; ++each) {
      loop.next_tick(call());
      loop.queue_microtask(call());
      loop.set_timeout(each * 1ms, call());
      loop.set_timeout(each * 1h, call());
      loop.set_immediate(call());
      loop.defer_pending(call());
      loop.defer_close(call());
      static_cast<void>(loop.post(call()));
      pairs[0]->send_byte();
      auto [answer, settle] = make_promise<int>(loop);
      std::move(answer).then([this, kept = counted](int) { called(); }).detach();
      loop.set_timeout(1h, [kept = std::make_shared<resolver<int>>(std::move(settle))] {});
      tasks.spawn([this, kept = counted]() -> task<void> {
        co_await sleep_for(loop, 1ms);
        called();
        co_await sleep_for(loop, 1h);
        called();
      });
    }
  }

  test_loop& loop;
  std::shared_ptr<int> counted = std::make_shared<int>();
  bool over = false, late = false;
  long calls = 0;
  std::vector<std::unique_ptr<watched_pair>> pairs;
  std::vector<hook> hooks;
  scope tasks;
};

/// With what it armed still there, or gone before.
void destroy_in(phase which, int turn, bool work_goes_first) {
  std::shared_ptr<int> counted;
  std::optional<test_loop> loop(std::in_place);
  auto work = std::make_unique<everything>(*loop);
  counted = work->counted;
  loop->on_phase([&](phase now) {
    if (now == which && --turn == 0) loop->stop();
  });
  loop->run();
  work->over = true;
  EXPECT_GT(work->calls, 0);
  if (!work_goes_first) {  // owned by the loop: goes with it
    loop->set_timeout(1h,
                      [owned = std::shared_ptr<everything>(std::move(work))] { EXPECT_FALSE(owned->late); });
  }
  work.reset();
  loop.reset();
  EXPECT_EQ(counted.use_count(), 1) << to_string(which);
}

constexpr phase phases[] = {phase::pending, phase::idle,  phase::prepare, phase::poll,
                            phase::check,   phase::close, phase::timers};

TEST(LoopFault, DestroysEverythingWhicheverPhaseItWasStoppedIn) {
  for (const phase which : phases) {
    for (const int turn : {1, 2, 7}) {
      destroy_in(which, turn, true);
      destroy_in(which, turn, false);
    }
  }
}

// A callback of each kind that stops the loop, not a trace between.
TEST(LoopFault, DestroysEverythingWhicheverCallbackStoppedIt) {
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    std::shared_ptr<int> counted;
    {
      test_loop loop;
      auto work = std::make_shared<everything>(loop);
      counted = work->counted;
      hook stopper;
      int left = 1 + static_cast<int>(random() % 20);
      const auto stop = [&] {
        if (--left == 0) loop.stop(), work->over = true;
      };
      switch (round % 6) {
        case 0:
          stopper = loop.on_idle(stop);
          break;
        case 1:
          stopper = loop.on_prepare(stop);
          break;
        case 2:
          stopper = loop.on_check(stop);
          break;
        case 3:
          loop.set_interval(1ms, stop);
          break;
        case 4:
          work->pairs[0]->work = stop;
          break;
        default:
          left = 1, loop.queue_microtask(stop);
      }
      if (round % 6 == 4) left = 1;
      loop.run();
      EXPECT_FALSE(work->late) << round;
      work.reset();
    }
    EXPECT_EQ(counted.use_count(), 1) << round;
  }
}

// B04: eight threads that post while the loop runs, stops, and goes: what they posted runs or is destroyed.
TEST(LoopFault, GoesWhileEightThreadsPost) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<long> destroyed{0}, posted{0};
    struct counts_end {
      explicit counts_end(std::atomic<long>& in) : count(&in) {}
      counts_end(counts_end&& other) noexcept : count(std::exchange(other.count, nullptr)) {}
      ~counts_end() {
        if (count) ++*count;
      }
      void operator()() const {}
      std::atomic<long>* count;
    };
    auto owned = std::make_unique<loop>();
    owned->set_interval(1ms, [&, turns = 0]() mutable {
      if (++turns == 3) owned->stop();
    });
    std::vector<std::thread> threads;
    for (int each = 0; each < 8; ++each) {
      threads.emplace_back([&, remote = owned->remote()] {
        for (;;) {
          callback work = counts_end(destroyed);
          const posting outcome = remote.post(work);
          if (outcome == posting::closed) {
            --destroyed;  // the one that stayed with us
            return;
          }
          if (outcome == posting::posted)
            ++posted;
          else
            --destroyed;
          std::this_thread::yield();
        }
      });
    }
    owned->run();
    owned.reset();
    for (std::thread& each : threads) each.join();
    EXPECT_EQ(destroyed, posted);
  }
}

// A50: with `free` descriptors left, whatever the system refuses is an error.
class few_descriptors {
public:
  explicit few_descriptors(int free) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    rlimit limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(next + free);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~few_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
  rlimit before_{};
};

int open_descriptors() {
  int count = 0;
  DIR* const folder = ::opendir("/proc/self/fd");
  while (::readdir(folder)) ++count;
  ::closedir(folder);
  return count;
}

// UndefinedBehaviorSanitizer probes objects through a pipe, and takes one that it cannot make for a bad
// object.
#ifdef __SANITIZE_ADDRESS__
constexpr bool sanitizer_needs_descriptors = true;
#else
constexpr bool sanitizer_needs_descriptors = false;
#endif

TEST(LoopFault, IsNotMadeWhereDescriptorsAreShort) {
  if (sanitizer_needs_descriptors) GTEST_SKIP() << "the sanitizer would be short of descriptors itself";
  { loop first; }  // what is made once for the process
  const int before = open_descriptors();
  int refused = 0, made = 0;
  for (int free = 0; free < 12; ++free) {
    std::error_code failure;
    {
      const few_descriptors limit(free);
      try {
        loop fresh;
        ++made;
        fresh.set_timeout(0ms, [] {});
        EXPECT_EQ(fresh.run(), 0);
      } catch (const error& ours) {
        ++refused;
        failure = ours.code();
      }
    }
    EXPECT_TRUE(!failure || failure == std::errc::too_many_files_open) << free << ": " << failure.message();
    EXPECT_EQ(detail::current_loop(), nullptr);
    EXPECT_EQ(open_descriptors(), before) << free;
  }
  EXPECT_GE(refused, 3);
  EXPECT_GE(made, 3);
}

TEST(LoopFault, RunsOnWhereDescriptorsRunShort) {
  if (sanitizer_needs_descriptors) GTEST_SKIP() << "the sanitizer would be short of descriptors itself";
  test_loop loop;
  int bytes = 0;
  watched_pair pair(loop, [&] { ++bytes, pair.watched->unref(); });
  const few_descriptors limit(0);
  EXPECT_THROW(static_cast<void>(loop.on_signal(SIGUSR2, [] {})), error);
  pair.send_byte();
  static_cast<void>(loop.post([&] { ++bytes; }));
  loop.set_timeout(1ms, [&] { ++bytes; });
  loop.run();
  EXPECT_EQ(bytes, 3);
}

/// A clock that anyone may set.
struct wild_clock final : clock {
  time_point now() override { return at; }
  bool jumps() const override { return true; }
  void advance_to(time_point when) override { at = std::max(at, when); }
  time_point at{};
};

TEST(LoopFault, FiresOnceAndNeverEarlyWhereTheClockJumps) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    wild_clock clock;
    clock.at = time_point(seed % 2 == 0 ? 0h : -1000h);
    loop_options options;
    options.clock = &clock;
    loop loop(options);
    std::vector<int> fired(200);
    int early = 0, turns = 0;
    loop.on_phase([&](phase which) { turns += which == phase::poll; });
    const auto jump = [&] {
      const auto by = std::chrono::milliseconds(random() % 200);
      if (random() % 3 == 0) clock.at += by;
      if (random() % 3 == 0) clock.at -= 10 * by;
    };
    std::function<void(std::size_t)> arm = [&](std::size_t which) {
      const duration delay = std::chrono::milliseconds(random() % 100);
      const time_point due = (jump(), loop.now()) + delay;
      loop.set_timeout(delay, [&, due, which] {
        ++fired[which];
        early += loop.now() < due;
        jump();
        if (which + 20 < fired.size()) arm(which + 20);
        jump();
      });
    };
    for (std::size_t each = 0; each < 20; ++each) arm(each);
    loop.run();
    ASSERT_EQ(std::count(fired.begin(), fired.end(), 1), 200) << seed;
    ASSERT_EQ(early, 0) << seed;
    ASSERT_LT(turns, 500) << seed;
  }
}

/// The real clock, set back or forth.
struct set_clock final : clock {
  time_point now() override {
    ++reads;
    return steady_clock().now() + offset;
  }
  duration offset{};
  int reads = 0;
};

TEST(LoopFault, DoesNotSpinWhereTheClockGoesBack) {
  set_clock clock;
  loop_options options;
  options.clock = &clock;
  loop loop(options);
  bool fired = false;
  loop.set_timeout(1ms, [&] { clock.offset -= 1h; });
  loop.set_timeout(1ms + 1us, [&] { fired = true; });  // an hour away by now
  std::thread other([&, remote = loop.remote()] {
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < 30ms) std::this_thread::yield();
    callback end = [&] { loop.stop(); };
    EXPECT_EQ(remote.post(end), posting::posted);
  });
  loop.run();
  other.join();
  EXPECT_LT(clock.reads, 100);
  clock.offset += 2h;
  loop.run();
  EXPECT_TRUE(fired);
}

TEST(LoopFault, FiresAnIntervalOnceForATimeThatTheClockSkips) {
  wild_clock clock;
  loop_options options;
  options.clock = &clock;
  loop loop(options);
  int calls = 0;
  timer every = loop.set_interval(1ms, [&] {
    if (++calls == 1) clock.at += 1h;
    if (calls == 3) every.clear();
  });
  loop.run();
  EXPECT_EQ(calls, 3);
  EXPECT_LE(clock.at, time_point(1h + 4ms));
}

// The inbox's limit: `full`, the callback stays with the caller, a counter.
TEST(LoopFault, RefusesPostsBeyondTheInboxLimit) {
  loop_options options;
  options.inbox_limit = 4;
  test_loop loop(options);
  int ran = 0;
  for (int each = 0; each < 6; ++each) {
    callback work = [&] { ++ran; };
    EXPECT_EQ(loop.post(work), each < 4 ? posting::posted : posting::full);
    EXPECT_EQ(static_cast<bool>(work), each >= 4);
  }
  EXPECT_EQ(loop.waiting(queue::inbox), 4u);
  EXPECT_EQ(loop.counters().get("loop.inbox_full").value(), 2);
  loop.run();
  EXPECT_EQ(ran, 4);
  EXPECT_EQ(loop.post([&] { ++ran; }), posting::posted);
  loop.run();
  EXPECT_EQ(ran, 5);
}

}  // namespace
