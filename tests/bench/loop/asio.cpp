// Asio's rows. One thread's contexts get the hint for it; those that are posted to from others do not.
// Wherever a turn matters the context has its reactor, which Asio makes with the first timer or socket.
#include <cstddef>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <deque>

#include "harness.hpp"

namespace {

using bench::expect;
using bench::stopwatch;
using std::chrono::milliseconds;

constexpr std::size_t burst_size = 1000;

enum class with { queue_only, reactor };

template <with Parts>
struct one_thread {
  one_thread() {
    if constexpr (Parts == with::reactor) asio::steady_timer(on).cancel();
  }
  void run() {
    on.restart();
    on.run();
  }
  asio::io_context on{ASIO_CONCURRENCY_HINT_UNSAFE_IO};
};

struct idle_turns : one_thread<with::reactor> {
  double operator()(std::size_t count) {
    const stopwatch watch;
    for (std::size_t each = 0; each < count; ++each) on.poll();
    return watch.seconds();
  }
  asio::executor_work_guard<asio::io_context::executor_type> alive{on.get_executor()};
};

template <with Parts>
struct burst : one_thread<Parts> {
  double operator()(std::size_t count) {
    const stopwatch watch;
    std::size_t ran = 0;
    for (std::size_t armed = 0; armed < count; armed += burst_size) {
      for (std::size_t each = 0; each < burst_size; ++each) asio::post(this->on, [&ran] { ++ran; });
      this->run();
    }
    const double seconds = watch.seconds();
    expect(ran == count, "every callback of a burst");
    return seconds;
  }
};

template <with Parts>
struct chain : one_thread<Parts> {
  struct step {
    void operator()() const {
      if (--*left > 0) asio::post(*on, *this);
    }
    asio::io_context* on;
    std::size_t* left;
  };
  double operator()(std::size_t count) {
    const stopwatch watch;
    std::size_t left = count;
    asio::post(this->on, step{&this->on, &left});
    this->run();
    const double seconds = watch.seconds();
    expect(left == 0, "every link of a chain");
    return seconds;
  }
};

#if defined(ASIO_HAS_CO_AWAIT)  // Asio 1.22 does not find clang 14's
asio::awaitable<std::size_t> one() { co_return 1; }

asio::awaitable<void> await_posts(asio::io_context& on, std::size_t count, std::size_t& sum) {
  for (std::size_t each = 0; each < count; ++each) {
    co_await asio::post(on, asio::use_awaitable);
    ++sum;
  }
}
asio::awaitable<void> await_coroutines(asio::io_context&, std::size_t count, std::size_t& sum) {
  for (std::size_t each = 0; each < count; ++each) {
    const std::size_t value = co_await one();
    sum += value;
  }
}

template <asio::awaitable<void> (*Awaits)(asio::io_context&, std::size_t, std::size_t&)>
struct awaiting : one_thread<with::queue_only> {
  double operator()(std::size_t count) {
    const stopwatch watch;
    std::size_t sum = 0;
    asio::co_spawn(on, Awaits(on, count, sum), asio::detached);
    run();
    const double seconds = watch.seconds();
    expect(sum == count, "every await");
    return seconds;
  }
};
#endif

struct timers : one_thread<with::reactor> {
  void make(std::size_t count) {
    while (made.size() < count) made.emplace_back(on);
  }
  void arm(asio::steady_timer& which, milliseconds delay) {
    which.expires_after(delay);
    which.async_wait([this](std::error_code failure) { (failure ? cancelled : fired) += 1; });
  }
  std::size_t cancelled = 0;
  std::size_t fired = 0;
  std::deque<asio::steady_timer> made;
};

template <bool Random>
struct timers_cancelled : timers {
  double operator()(std::size_t count) {
    make(count);
    cancelled = 0;
    const stopwatch watch;
    for (std::size_t each = 0; each < count; ++each) {
      arm(made[each], milliseconds(Random ? bench::random_delay(each) : 60'000));
    }
    for (asio::steady_timer& each : made) each.cancel();
    run();
    const double seconds = watch.seconds();
    expect(cancelled == count, "every timer cancelled");
    return seconds;
  }
};

struct timers_restarted_one : timers {
  double operator()(std::size_t count) {
    make(1);
    cancelled = 0;
    const stopwatch watch;
    for (std::size_t each = 0; each < count; ++each) {
      arm(made[0], milliseconds(60'000));
      made[0].cancel();
      if (each % burst_size == burst_size - 1) run();
    }
    run();
    const double seconds = watch.seconds();
    expect(cancelled == count, "every timer cancelled");
    return seconds;
  }
};

struct timers_refreshed : timers {
  double operator()(std::size_t count) {
    if (made.empty()) {
      make(count);
      for (asio::steady_timer& each : made) arm(each, milliseconds(60'000));
    }
    cancelled = 0;
    const stopwatch watch;
    bench::scattered(count, [this](std::size_t each) {
      arm(made[each], milliseconds(60'000));
      if (each % burst_size == 0) on.poll();
    });
    on.restart();
    on.poll();
    const double seconds = watch.seconds();
    expect(cancelled == count, "every timer refreshed");
    return seconds;
  }
};

struct timers_fired_at_once : timers {
  double operator()(std::size_t count) {
    make(count);
    fired = 0;
    const stopwatch watch;
    for (asio::steady_timer& each : made) arm(each, milliseconds(0));
    run();
    const double seconds = watch.seconds();
    expect(fired == count, "every timer fired");
    return seconds;
  }
};

struct timers_fired : timers {
  double operator()(std::size_t count) {
    make(count);
    fired = 0;
    const stopwatch arming;
    for (std::size_t each = 0; each < count; ++each) arm(made[each], milliseconds(1 + each % 8));
    const double armed_in = arming.seconds();
    bench::spin_for(0.009);
    const stopwatch firing;
    run();
    const double seconds = armed_in + firing.seconds();
    expect(fired == count, "every timer fired");
    return seconds;
  }
};

struct many_threads {
  asio::io_context on;
  asio::steady_timer reactor_maker{on};
};

struct posts_of_own : many_threads {
  double operator()(std::size_t count) {
    const stopwatch watch;
    std::size_t ran = 0;
    for (std::size_t armed = 0; armed < count; armed += burst_size) {
      for (std::size_t each = 0; each < burst_size; ++each) asio::post(on, [&ran] { ++ran; });
      on.restart();
      on.run();
    }
    const double seconds = watch.seconds();
    expect(ran == count, "every post");
    return seconds;
  }
};

template <std::size_t Threads>
struct posts_across : many_threads {
  double operator()(std::size_t count) {
    std::size_t ran = 0;
    auto alive = asio::make_work_guard(on);
    on.restart();
    const bench::producers crowd(Threads, count, [&] {
      asio::post(on, [&ran, &alive, count] {
        if (++ran == count) alive.reset();
      });
    });
    const stopwatch watch;
    on.run();
    const double seconds = watch.seconds();
    expect(ran == count, "every post of other threads");
    return seconds;
  }
};

/// Two contexts, each asleep while the other works.
struct round_trips : many_threads {
  double operator()(std::size_t count) {
    asio::io_context far;
    asio::steady_timer far_reactor_maker(far);
    auto far_alive = asio::make_work_guard(far);
    std::thread echo([&far] {
      bench::pin(1);
      far.run();
    });
    auto alive = asio::make_work_guard(on);
    on.restart();
    left = count;
    const stopwatch watch;
    send(far);
    on.run();
    const double seconds = watch.seconds();
    far.stop();
    echo.join();
    expect(left == 0, "every round trip");
    return seconds;
  }
  void send(asio::io_context& far) {
    asio::post(far, [this, &far] {
      asio::post(on, [this, &far] {
        if (--left > 0) return send(far);
        on.stop();
      });
    });
  }
  std::size_t left = 0;
};

}  // namespace

int main(int argc, char** argv) {
  using bench::row;
  row<idle_turns>("turn/nothing to do", 100'000);
  row<burst<with::reactor>>("immediates/burst", 100'000);
  row<chain<with::reactor>>("immediates/chain", 100'000);
  row<burst<with::queue_only>>("ticks/burst", 100'000);
  row<chain<with::queue_only>>("ticks/chain", 1'000'000);
  row<burst<with::queue_only>>("microtasks/burst", 100'000);
  row<chain<with::queue_only>>("microtasks/chain", 1'000'000);
#if defined(ASIO_HAS_CO_AWAIT)
  row<awaiting<await_posts>>("co_await/ready promise", 100'000);
  row<awaiting<await_coroutines>>("co_await/task", 100'000);
#endif
  row<timers_restarted_one>("timers/armed and cancelled singly", 100'000);
  row<timers_cancelled<false>>("timers/10^6 armed and cancelled, one delay", 1'000'000);
  row<timers_cancelled<true>>("timers/10^6 armed and cancelled, random delays", 1'000'000);
  row<timers_refreshed>("timers/refreshed among 10^6", 1'000'000);
  row<timers_fired_at_once>("timers/10^5 fired, zero delay", 100'000);
  row<timers_fired>("timers/10^5 fired, 8 delays", 100'000);
  row<posts_of_own>("posts/own thread", 100'000);
  row<posts_across<1>>("posts/1 producer", 200'000);
  row<posts_across<4>>("posts/4 producers", 200'000);
  row<round_trips>("posts/round trip, one CPU", 10'000);
  row<round_trips>("posts/round trip, two CPUs", 10'000);
  return bench::run(argc, argv);
}
