// What it costs to wake a sleeper: counts writes by standing in front of the C library.
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <trireme/actors/pool.hpp>
#include <trireme/core/loop.hpp>

namespace {

constexpr int jobs = 100;

const std::thread::id loops_thread = std::this_thread::get_id();
bool on_the_loop() { return std::this_thread::get_id() == loops_thread; }

struct counts {
  std::atomic<int> writes_of_loop{0};
  std::atomic<int> writes_of_worker{0};
  std::atomic<bool> worker_sleeps{false};
  std::atomic<bool> may_work{true};         // jobs wait for it
  std::atomic<bool> opens_at_sleep{false};  // the loop lets them go on when it goes to sleep, and wakes late
  std::atomic<int> ran{0};
};
counts seen;

template <class Value, class Wanted>
void wait_for(const std::atomic<Value>& what, Wanted wanted) {
  for (Value now = what; now != wanted; now = what) what.wait(now);
}

int wait_for_events(int set, epoll_event* events, int limit, int timeout, const sigset_t* mask) {
  const bool late = timeout != 0 && on_the_loop() && seen.opens_at_sleep.exchange(false);
  if (late) {
    seen.may_work = true;
    seen.may_work.notify_all();
  }
  const int count = static_cast<int>(::syscall(SYS_epoll_pwait, set, events, limit, timeout, mask, 8));
  if (late) wait_for(seen.ran, jobs);
  if (late) wait_for(seen.worker_sleeps, true);  // and has sent all of it
  return count;
}

}  // namespace

extern "C" {

int epoll_wait(int set, epoll_event* events, int limit, int timeout) {
  return wait_for_events(set, events, limit, timeout, nullptr);
}
int epoll_pwait(int set, epoll_event* events, int limit, int timeout, const sigset_t* mask) {
  return wait_for_events(set, events, limit, timeout, mask);
}
ssize_t read(int from, void* into, size_t size) {
  if (on_the_loop()) return ::syscall(SYS_read, from, into, size);
  seen.worker_sleeps = true;
  seen.worker_sleeps.notify_all();
  const ssize_t count = ::syscall(SYS_read, from, into, size);
  seen.worker_sleeps = false;
  return count;
}
ssize_t write(int to, const void* from, size_t size) {
  ++(on_the_loop() ? seen.writes_of_loop : seen.writes_of_worker);
  return ::syscall(SYS_write, to, from, size);
}

}  // extern "C"

namespace trireme::actors {
namespace {

void work() {
  seen.may_work.wait(false);
  ++seen.ran;
  seen.ran.notify_all();
}

/// Writes while `jobs` jobs, submitted in one callback to a worker that sleeps, are done while the loop
/// sleeps.
TEST(PoolWakes, AWriteForAnyNumberOfJobsAndOneForTheirResults) {
  loop owner;
  pool_options options;
  options.workers = 1;
  options.polling = polling::off();
  options.hand_ahead = std::chrono::hours(1);
  pool workers(owner, options);
  int answered = 0;
  const auto submit = [&] { workers.run_then([&](const error&) { ++answered; }, work); };
  submit();
  EXPECT_EQ(owner.run(), 0);  // from now on it is known how long they take
  wait_for(seen.worker_sleeps, true);

  seen.may_work = false;
  seen.ran = 0;
  seen.writes_of_loop = seen.writes_of_worker = 0;
  owner.set_immediate([&] {
    for (int left = jobs; left > 0; --left) submit();
    owner.set_immediate([&] { seen.opens_at_sleep = true; });  // a turn later they have been handed over
  });
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(answered, jobs + 1);
  EXPECT_EQ(seen.writes_of_loop, 1);
  EXPECT_EQ(seen.writes_of_worker, 1);
}

}  // namespace
}  // namespace trireme::actors
