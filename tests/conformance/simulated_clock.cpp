// Preloaded into Node (LD_PRELOAD): real Node over a clock that stands still while it works and jumps where
// it would sleep, as `trireme::testing::virtual_clock` does. So thousands of programs run in a second, and
// the same way each time. A seed other than 0 makes time pass while Node works, in whole milliseconds and at
// random: that shows the orders which Node leaves open.
//
//   CONFORMANCE_SEED      0: the clock stands still
//   CONFORMANCE_PATIENCE  milliseconds, really waited, before time jumps: for files read by other threads
#include <dlfcn.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t nanoseconds_a_second = 1'000'000'000;
constexpr std::int64_t nanoseconds_a_millisecond = 1'000'000;

long from_environment(const char* name) {
  const char* const text = std::getenv(name);
  return text ? std::atol(text) : 0;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool on_main_thread() { return ::syscall(SYS_gettid) == ::getpid(); }
bool counts(clockid_t which) { return which == CLOCK_MONOTONIC || which == CLOCK_MONOTONIC_COARSE; }

/// Used by the main thread only.
struct simulation {
  std::int64_t now = 1000 * nanoseconds_a_second;
  std::uint64_t state = static_cast<std::uint64_t>(from_environment("CONFORMANCE_SEED"));
  int patience = static_cast<int>(from_environment("CONFORMANCE_PATIENCE"));
  // Of 16: how often reading the clock, and polling, takes a millisecond. Each seed has its own mixture.
  unsigned reading = state == 0 ? 0 : shares[random() % 5];
  unsigned polling = state == 0 ? 0 : shares[random() % 5];
  unsigned longest = state == 0 ? 0 : 1 + (random() % 4 == 0 ? random() % 8 : 0);

  static constexpr unsigned shares[] = {0, 1, 4, 9, 16};

  std::uint64_t random() {  // splitmix64
    std::uint64_t mixed = state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }
  void may_pass(unsigned share) {
    if (share == 0 || random() % 16 >= share) return;
    now += static_cast<std::int64_t>(1 + random() % longest) * nanoseconds_a_millisecond;
  }
};

simulation& simulated() {
  static simulation shared;
  return shared;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t which, timespec* out) noexcept {
  static auto* const real = next<int(clockid_t, timespec*)>("clock_gettime");
  if (!counts(which) || !on_main_thread()) return real(which, out);
  simulation& clock = simulated();
  clock.may_pass(clock.reading);
  out->tv_sec = clock.now / nanoseconds_a_second;
  out->tv_nsec = clock.now % nanoseconds_a_second;
  return 0;
}

int epoll_pwait(int set, epoll_event* events, int room, int timeout, const sigset_t* mask) {
  static auto* const real = next<int(int, epoll_event*, int, int, const sigset_t*)>("epoll_pwait");
  if (timeout < 0 || !on_main_thread()) return real(set, events, room, timeout, mask);
  simulation& clock = simulated();
  clock.may_pass(clock.polling);
  const int ready = real(set, events, room, std::min(timeout, clock.patience), mask);
  if (ready == 0) clock.now += timeout * nanoseconds_a_millisecond;
  return ready;
}

int epoll_wait(int set, epoll_event* events, int room, int timeout) {
  return epoll_pwait(set, events, room, timeout, nullptr);
}

/// `Atomics.wait` with a time-out: how a program says that it is busy.
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  static auto* const real =
      next<int(pthread_cond_t*, pthread_mutex_t*, const timespec*)>("pthread_cond_timedwait");
  if (!on_main_thread()) return real(condition, mutex, until);
  simulation& clock = simulated();
  clock.now = std::max(clock.now, until->tv_sec * nanoseconds_a_second + until->tv_nsec);
  return ETIMEDOUT;
}

}  // extern "C"
