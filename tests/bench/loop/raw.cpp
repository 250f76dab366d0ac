// The bare system's rows: what a row could cost at least.
#include <concurrentqueue.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "harness.hpp"

namespace {

using bench::expect;
using bench::stopwatch;

/// An epoll set that watches one eventfd, edge-triggered.
class bare_reactor {
public:
  bare_reactor() {
    epoll_event interest{};
    interest.events = EPOLLIN | EPOLLET;
    epoll_ctl(set_, EPOLL_CTL_ADD, wake_, &interest);
  }
  bare_reactor(const bare_reactor&) = delete;
  bare_reactor& operator=(const bare_reactor&) = delete;
  ~bare_reactor() {
    close(set_);
    close(wake_);
  }
  int wait(int milliseconds) {
    epoll_event events[64];
    return epoll_wait(set_, events, 64, milliseconds);
  }
  void wake() {
    const std::uint64_t one = 1;
    expect(write(wake_, &one, sizeof one) == sizeof one, "a wake-up");
  }

private:
  int set_ = epoll_create1(EPOLL_CLOEXEC);
  int wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
};

struct bare_turns {
  double operator()(std::size_t count) {
    const stopwatch watch;
    for (std::size_t each = 0; each < count; ++each) {
      benchmark::DoNotOptimize(reactor.wait(0));
      called(*this);
    }
    const double seconds = watch.seconds();
    expect(ran > 0, "every turn");
    return seconds;
  }
  void (*volatile called)(bare_turns&) = [](bare_turns& self) { ++self.ran; };
  std::size_t ran = 0;
  bare_reactor reactor;
};

/// moodycamel's queue, and an eventfd that is written only while the consumer sleeps.
template <std::size_t Threads>  // none: the consumer's own, in bursts
struct posts {
  struct letter {
    void (*call)(posts&);
  };
  double operator()(std::size_t count) {
    ran = 0;
    if constexpr (Threads == 0) return own(count);
    const bench::producers crowd(Threads, count, [this] { post(); });
    const stopwatch watch;
    while (ran < count) {
      if (take() == 0) sleep();
    }
    return watch.seconds();
  }
  double own(std::size_t count) {
    const stopwatch watch;
    while (ran < count) {
      for (int each = 0; each < 1000; ++each) post();
      while (take() > 0) benchmark::DoNotOptimize(ran);
    }
    return watch.seconds();
  }
  void post() {
    queue.enqueue({[](posts& self) { ++self.ran; }});
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (asleep.load(std::memory_order_relaxed) && asleep.exchange(false)) reactor.wake();
  }
  std::size_t take() {
    letter letters[64];
    const std::size_t got = queue.try_dequeue_bulk(letters, 64);
    for (std::size_t each = 0; each < got; ++each) letters[each].call(*this);
    return got;
  }
  void sleep() {
    asleep.store(true);
    if (queue.size_approx() == 0) reactor.wait(-1);
    asleep.store(false);
  }
  std::size_t ran = 0;
  std::atomic<bool> asleep{false};
  moodycamel::ConcurrentQueue<letter> queue;
  bare_reactor reactor;
};

struct round_trips {
  double operator()(std::size_t count) {
    std::thread echo([this, count] {
      bench::pin(1);
      for (std::size_t each = 0; each < count; ++each) {
        there.wait(-1);
        here.wake();
      }
    });
    const stopwatch watch;
    for (std::size_t each = 0; each < count; ++each) {
      there.wake();
      here.wait(-1);
    }
    const double seconds = watch.seconds();
    echo.join();
    return seconds;
  }
  bare_reactor here;
  bare_reactor there;
};

}  // namespace

int main(int argc, char** argv) {
  using bench::row;
  row<bare_turns>("turn/nothing to do", 100'000);
  row<bare_turns>("immediates/chain", 100'000);
  row<posts<0>>("posts/own thread", 100'000);
  row<posts<1>>("posts/1 producer", 200'000);
  row<posts<4>>("posts/4 producers", 200'000);
  row<round_trips>("posts/round trip, one CPU", 10'000);
  row<round_trips>("posts/round trip, two CPUs", 10'000);
  return bench::run(argc, argv);
}
