// The loop's own rows. What each row does stands in README.md.
#include <array>
#include <cstdlib>
#include <new>
#include <optional>
#include <thread>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/task.hpp>
#include <vector>

#include "harness.hpp"

namespace {

thread_local std::size_t allocations = 0;  // of the loop's thread

}  // namespace

// Not inline, for g++ would take the pair for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using bench::expect;
using bench::stopwatch;

constexpr std::size_t burst_size = 1000;

struct immediate_of {
  template <class Work>
  void operator()(loop& on, Work work) const {
    on.set_immediate(std::move(work));
  }
};
struct tick_of {
  template <class Work>
  void operator()(loop& on, Work work) const {
    on.next_tick(std::move(work));
  }
};
struct microtask_of {
  template <class Work>
  void operator()(loop& on, Work work) const {
    on.queue_microtask(std::move(work));
  }
};
struct post_of {
  template <class Work>
  void operator()(loop& on, Work work) const {
    expect(on.post(std::move(work)) == posting::posted, "a post");
  }
};

/// `burst_size` at once, over and over.
template <class Arm>
struct burst {
  double operator()(std::size_t count) {
    const stopwatch watch;
    std::size_t ran = 0;
    for (std::size_t armed = 0; armed < count; armed += burst_size) {
      for (std::size_t each = 0; each < burst_size; ++each) Arm()(on, [&ran] { ++ran; });
      on.run();
    }
    const double seconds = watch.seconds();
    expect(ran == count, "every callback of a burst");
    return seconds;
  }
  loop on;
};

/// Chains of ticks are what these rows are about: nobody need be told that they starve the phases.
loop_options unreported() {
  loop_options options;
  options.report_drain_after = 0;
  return options;
}

/// Each arms the next.
template <class Arm>
struct chain {
  struct step {
    void operator()() const {
      if (--*left > 0) Arm()(*on, *this);
    }
    loop* on;
    std::size_t* left;
  };
  double operator()(std::size_t count) {
    const stopwatch watch;
    std::size_t left = count;
    Arm()(on, step{&on, &left});
    on.run();
    const double seconds = watch.seconds();
    expect(left == 0, "every link of a chain");
    return seconds;
  }
  loop on{unreported()};
};

struct idle_turns {
  double operator()(std::size_t count) {
    const stopwatch watch;
    for (std::size_t each = 0; each < count; ++each) on.poll();
    return watch.seconds();
  }
  loop on;
  pending_work alive{on};
};

struct then_chain {
  double operator()(std::size_t count) {
    const stopwatch watch;
    std::size_t sum = 0;
    for (std::size_t linked = 0; linked < count; linked += burst_size) {
      auto [first, settle] = make_promise<std::size_t>(on);
      auto last = std::move(first).then([](std::size_t value) { return value + 1; });
      for (std::size_t each = 1; each < burst_size; ++each) {
        last = std::move(last).then([](std::size_t value) { return value + 1; });
      }
      std::move(last).then([&sum](std::size_t value) { sum += value; }).detach();
      settle.resolve(std::size_t{0});
      on.run();
    }
    const double seconds = watch.seconds();
    expect(sum == count, "every link of a promise chain");
    return seconds;
  }
  loop on;
};

task<std::size_t> one(loop&) { co_return 1; }

task<void> await_promises(loop& on, std::size_t count, std::size_t& sum) {
  for (std::size_t each = 0; each < count; ++each) {
    const std::size_t value = co_await promise<std::size_t>::resolved(on, std::size_t{1});
    sum += value;
  }
}
task<void> await_tasks(loop& on, std::size_t count, std::size_t& sum) {
  for (std::size_t each = 0; each < count; ++each) {
    const std::size_t value = co_await one(on);
    sum += value;
  }
}

template <task<void> (*Awaits)(loop&, std::size_t, std::size_t&)>
struct awaiting {
  double operator()(std::size_t count) {
    const stopwatch watch;
    std::size_t sum = 0;
    Awaits(on, count, sum).as_promise().detach();
    on.run();
    const double seconds = watch.seconds();
    expect(sum == count, "every await");
    return seconds;
  }
  loop on{unreported()};
};

struct one_delay {
  duration operator()(std::size_t) const { return 60s; }
};
struct random_delays {
  duration operator()(std::size_t number) const {
    return std::chrono::milliseconds(bench::random_delay(number));
  }
};

template <class Delay>
struct timers_cancelled {
  double operator()(std::size_t count) {
    const stopwatch watch;
    armed.clear();
    for (std::size_t each = 0; each < count; ++each) armed.push_back(on.set_timeout(Delay()(each), [] {}));
    for (timer& each : armed) each.clear();
    const double seconds = watch.seconds();
    expect(!on.alive(), "every timer cancelled");
    return seconds;
  }
  loop on;
  std::vector<timer> armed;
};

struct timers_restarted_one {
  double operator()(std::size_t count) {
    const stopwatch watch;
    for (std::size_t each = 0; each < count; ++each) on.set_timeout(60s, [] {}).clear();
    const double seconds = watch.seconds();
    expect(!on.alive(), "every timer cancelled");
    return seconds;
  }
  loop on;
};

struct timers_refreshed {
  double operator()(std::size_t count) {
    while (armed.size() < count) armed.push_back(on.set_timeout(60s, [] {}));
    const stopwatch watch;
    bench::scattered(count, [this](std::size_t each) { armed[each].refresh(); });
    return watch.seconds();
  }
  loop on;
  std::vector<timer> armed;
};

struct timers_fired_at_once {
  double operator()(std::size_t count) {
    const stopwatch watch;
    std::size_t fired = 0;
    for (std::size_t each = 0; each < count; ++each) on.set_timeout(0ms, [&fired] { ++fired; });
    on.run();
    const double seconds = watch.seconds();
    expect(fired == count, "every timer fired");
    return seconds;
  }
  loop on;
};

struct timers_fired {
  double operator()(std::size_t count) {
    const stopwatch arming;
    std::size_t fired = 0;
    for (std::size_t each = 0; each < count; ++each) {
      on.set_timeout(std::chrono::milliseconds(1 + each % 8), [&fired] { ++fired; });
    }
    const double armed_in = arming.seconds();
    bench::spin_for(0.009);
    const stopwatch firing;
    on.run();
    const double seconds = armed_in + firing.seconds();
    expect(fired == count, "every timer fired");
    return seconds;
  }
  loop on;
};

template <std::size_t Threads>
struct posts_across {
  double operator()(std::size_t count) {
    std::size_t ran = 0;
    std::optional<pending_work> alive(std::in_place, on);
    const bench::producers crowd(Threads, count, [&] {
      const posting outcome = on.post([&ran, &alive, count] {
        if (++ran == count) alive.reset();
      });
      expect(outcome == posting::posted, "a post of another thread");
    });
    const stopwatch watch;
    on.run();
    const double seconds = watch.seconds();
    expect(ran == count, "every post of other threads");
    return seconds;
  }
  loop on;
};

/// Two loops, each asleep while the other works.
struct round_trips {
  double operator()(std::size_t count) {
    std::atomic<loop*> other{nullptr};
    std::thread echo([&other] {
      bench::pin(1);
      loop far;
      const pending_work alive(far);
      other.store(&far);
      far.run();
    });
    while (!other.load()) std::this_thread::yield();
    loop& far = *other.load();
    left = count;
    alive.emplace(on);
    const stopwatch watch;
    send(far);
    on.run();
    const double seconds = watch.seconds();
    post_of()(far, [&far] { far.stop(); });
    echo.join();
    expect(left == 0, "every round trip");
    return seconds;
  }
  void send(loop& far) {
    post_of()(far, [this, &far] { post_of()(on, [this, &far] { back(far); }); });
  }
  void back(loop& far) {
    if (--left > 0) return send(far);
    alive.reset();
  }
  loop on;
  std::optional<pending_work> alive;
  std::size_t left = 0;
};

}  // namespace

int main(int argc, char** argv) {
  using bench::row;
  bench::allocations_made = &allocations;
  row<idle_turns>("turn/nothing to do", 100'000);
  row<burst<immediate_of>>("immediates/burst", 100'000);
  row<chain<immediate_of>>("immediates/chain", 100'000);
  row<burst<tick_of>>("ticks/burst", 100'000);
  row<chain<tick_of>>("ticks/chain", 1'000'000);
  row<burst<microtask_of>>("microtasks/burst", 100'000);
  row<chain<microtask_of>>("microtasks/chain", 1'000'000);
  row<then_chain>("promises/then chain", 100'000);
  row<awaiting<await_promises>>("co_await/ready promise", 100'000);
  row<awaiting<await_tasks>>("co_await/task", 100'000);
  row<timers_restarted_one>("timers/armed and cancelled singly", 100'000);
  row<timers_cancelled<one_delay>>("timers/10^6 armed and cancelled, one delay", 1'000'000);
  row<timers_cancelled<random_delays>>("timers/10^6 armed and cancelled, random delays", 1'000'000);
  row<timers_refreshed>("timers/refreshed among 10^6", 1'000'000);
  row<timers_fired_at_once>("timers/10^5 fired, zero delay", 100'000);
  row<timers_fired>("timers/10^5 fired, 8 delays", 100'000);
  row<burst<post_of>>("posts/own thread", 100'000);
  row<posts_across<1>>("posts/1 producer", 200'000);
  row<posts_across<4>>("posts/4 producers", 200'000);
  row<round_trips>("posts/round trip, one CPU", 10'000);
  row<round_trips>("posts/round trip, two CPUs", 10'000);
  return bench::run(argc, argv);
}
