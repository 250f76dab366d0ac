#include <trireme/actors/worker.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

// What a worker is for: the loop goes on while it computes. Under real time, on a machine that may be busy
// with other things: what takes too long once may be tried again.

namespace trireme::actors {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
constexpr int tries = 5;

int count_primes(int below) {
  int found = 0;
  for (int number = 2; number < below; ++number) {
    bool prime = true;
    for (int divisor = 2; prime && divisor * divisor <= number; ++divisor) prime = number % divisor != 0;
    if (prime) ++found;
  }
  return found;
}

void answer_with_primes(worker<int, int>::port& parent) {
  parent.on_message([&parent](int below) { static_cast<void>(parent.post_message(count_primes(below))); });
}

// A36: "Primes found: 78498", on the loop's thread. The number is primesieve's too.
TEST(WorkerPrimes, AreCountedElsewhereAndToldOnTheLoopsThread) {
  testing::test_loop loop;
  worker<int, int> subject(loop, answer_with_primes);
  int found = 0;
  subject.on_message([&, home = std::this_thread::get_id()](int count) {
    EXPECT_EQ(std::this_thread::get_id(), home);
    found = count;
    subject.terminate().detach();
  });
  static_cast<void>(subject.post_message(1'000'000));
  loop.run();
  EXPECT_EQ(found, 78'498);
}

/// How much later than 10 ms after the one before each call of an interval comes, while a worker computes.
std::vector<clock::duration> jitter_beside_a_worker() {
  loop loop;
  std::atomic<bool> enough{false};
  worker<int, int> subject(loop, [&](worker<int, int>::port&) {
    while (!enough) count_primes(10'000);
  });
  std::vector<clock::duration> late;
  auto last = clock::now();
  timer interval = loop.set_interval(10ms, [&] {
    const auto now = clock::now();
    late.push_back(now - std::exchange(last, now) - 10ms);
    if (late.size() < 100) return;
    enough = true;
    interval.clear();
  });
  loop.run();
  std::sort(late.begin(), late.end());
  return late;
}

// A36: a 10 ms interval keeps a p99 jitter below 5 ms meanwhile.
TEST(WorkerPrimes, LeaveTheLoopItsTime) {
  auto best = clock::duration::max();
  for (int round = 0; round < tries && best >= 5ms; ++round)
    best = std::min(best, jitter_beside_a_worker()[98]);
  EXPECT_LT(best, 5ms);
}

// A37: terminate in the middle of a computation resolves within 200 ms, with code 1.
TEST(WorkerPrimes, StopWithin200Milliseconds) {
  auto best = clock::duration::max();
  for (int round = 0; round < tries && best >= 200ms; ++round) {
    testing::test_loop loop;
    worker<int, int> subject(loop, [](worker<int, int>::port& parent) {
      static_cast<void>(parent.post_message(0));
      while (!parent.stop_requested()) count_primes(1'000);
    });
    subject.on_message([&](int) {
      subject.terminate([&, asked = clock::now()](const error&, int code) {
        best = std::min(best, clock::now() - asked);
        EXPECT_EQ(code, 1);
      });
    });
    loop.run();
  }
  EXPECT_LT(best, 200ms);
}

}  // namespace
}  // namespace trireme::actors
