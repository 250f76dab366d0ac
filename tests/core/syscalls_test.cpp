// What a turn asks of the kernel and of the clock: counts calls by standing in front of the C library.
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <trireme/core/loop.hpp>
#include <vector>

namespace {

struct calls {
  std::size_t polls = 0;
  std::size_t clock_reads = 0;
  std::size_t others = 0;  // whatever else a loop's turn might do: reads, writes, changes of what is watched
};
calls made;

}  // namespace

extern "C" {

int epoll_wait(int set, epoll_event* events, int limit, int timeout) {
  ++made.polls;
  return static_cast<int>(::syscall(SYS_epoll_pwait, set, events, limit, timeout, nullptr, 8));
}
int epoll_pwait(int set, epoll_event* events, int limit, int timeout, const sigset_t* mask) {
  ++made.polls;
  return static_cast<int>(::syscall(SYS_epoll_pwait, set, events, limit, timeout, mask, 8));
}
int epoll_ctl(int set, int change, int which, epoll_event* event) noexcept {
  ++made.others;
  return static_cast<int>(::syscall(SYS_epoll_ctl, set, change, which, event));
}
int timerfd_settime(int which, int flags, const itimerspec* next, itimerspec* previous) noexcept {
  ++made.others;
  return static_cast<int>(::syscall(SYS_timerfd_settime, which, flags, next, previous));
}
ssize_t read(int from, void* into, size_t size) {
  ++made.others;
  return ::syscall(SYS_read, from, into, size);
}
ssize_t write(int to, const void* from, size_t size) {
  ++made.others;
  return ::syscall(SYS_write, to, from, size);
}
int clock_gettime(clockid_t which, timespec* now) noexcept {
  ++made.clock_reads;
  return static_cast<int>(::syscall(SYS_clock_gettime, which, now));
}

}  // extern "C"

namespace {

using namespace std::chrono_literals;
using namespace trireme;

constexpr std::size_t rounds = 1000;

template <class Work>
calls during(Work work) {
  const calls before = made;
  work();
  return {made.polls - before.polls, made.clock_reads - before.clock_reads, made.others - before.others};
}

TEST(Syscalls, ATurnWithNothingToDoMakesOneSystemCall) {
  loop loop;
  const pending_work alive(loop);
  loop.poll();
  const calls seen = during([&] {
    for (std::size_t turn = 0; turn < rounds; ++turn) loop.poll();
  });
  EXPECT_EQ(seen.polls, rounds);
  EXPECT_EQ(seen.others, 0u);
}

TEST(Syscalls, ATurnWithATimerArmedMakesOneSystemCall) {
  loop loop;
  const timer armed = loop.set_timeout(1h, [] {});
  loop.poll();
  const calls seen = during([&] {
    for (std::size_t turn = 0; turn < rounds; ++turn) loop.poll();
  });
  EXPECT_TRUE(armed.active());
  EXPECT_EQ(seen.polls, rounds);
  EXPECT_EQ(seen.others, 0u);
}

TEST(Syscalls, AnImmediateOfATurnOfItsOwnCostsOneSystemCall) {
  loop loop;
  std::size_t left = rounds;
  struct step {
    void operator()() const {
      if (--*left > 0) on->set_immediate(*this);
    }
    trireme::loop* on;
    std::size_t* left;
  };
  loop.set_immediate(step{&loop, &left});
  const calls seen = during([&] { loop.run(); });
  EXPECT_EQ(left, 0u);
  EXPECT_LE(seen.polls, rounds + 2);
  EXPECT_EQ(seen.others, 0u);
}

/// Clock reads of a run of `rounds` callbacks that `arm` arms and that all belong to one turn, or few.
template <class Arm>
std::size_t clock_reads_of(Arm arm) {
  loop loop;
  std::size_t ran = 0;
  for (std::size_t each = 0; each < rounds; ++each) arm(loop, [&ran] { ++ran; });
  const calls seen = during([&] { loop.run(); });
  EXPECT_EQ(ran, rounds);
  return seen.clock_reads;
}

// A turn reads it at its begin, after its poll, and before it waits; a run adds one.
constexpr std::size_t few = 10;

TEST(Syscalls, NoClockReadForEachImmediate) {
  EXPECT_LE(clock_reads_of([](loop& on, auto work) { on.set_immediate(work); }), few);
}
TEST(Syscalls, NoClockReadForEachTimer) {
  EXPECT_LE(clock_reads_of([](loop& on, auto work) { on.set_timeout(0ms, work); }), few);
}
TEST(Syscalls, NoClockReadForEachTickOrMicrotask) {
  EXPECT_LE(clock_reads_of([](loop& on, auto work) { on.next_tick(work); }), few);
  EXPECT_LE(clock_reads_of([](loop& on, auto work) { on.queue_microtask(work); }), few);
}
TEST(Syscalls, NoClockReadForEachPost) {
  EXPECT_LE(clock_reads_of([](loop& on, auto work) { EXPECT_EQ(on.post(work), posting::posted); }), few);
}

// Arming reads it once, for a delay counts from the moment of the call; refreshing does, too.
TEST(Syscalls, AtMostOneClockReadForArmingATimerAndNoneForClearingIt) {
  loop loop;
  std::vector<timer> armed;
  const calls arming = during([&] {
    for (std::size_t each = 0; each < rounds; ++each) armed.push_back(loop.set_timeout(1s, [] {}));
  });
  EXPECT_LE(arming.clock_reads, rounds);
  EXPECT_EQ(arming.others, 0u);
  const calls refreshing = during([&] {
    for (timer& each : armed) each.refresh();
  });
  EXPECT_LE(refreshing.clock_reads, rounds);
  EXPECT_EQ(refreshing.others, 0u);
  const calls clearing = during([&] {
    for (timer& each : armed) each.clear();
  });
  EXPECT_EQ(clearing.clock_reads, 0u);
  EXPECT_EQ(clearing.others, 0u);
}

// The counting itself: a clock that is read is seen.
TEST(Syscalls, TheTestSeesClockReads) {
  EXPECT_EQ(during([] { steady_clock().now(); }).clock_reads, 1u);
}

}  // namespace
