// libuv's rows. It has handles that are started and stopped where others take callbacks: each row uses the
// handle that Node itself, or a C program, would use for the same.
#include <uv.h>

#include <mutex>
#include <optional>

#include "harness.hpp"

namespace {

using bench::expect;
using bench::stopwatch;

constexpr std::size_t burst_size = 1000;

/// A loop that closes whatever is open in it as it goes.
struct owned_loop {
  owned_loop() { uv_loop_init(&loop); }
  owned_loop(const owned_loop&) = delete;
  owned_loop& operator=(const owned_loop&) = delete;
  ~owned_loop() {
    uv_walk(
        &loop, [](uv_handle_t* each, void*) { uv_close(each, nullptr); }, nullptr);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
  }
  void run() { uv_run(&loop, UV_RUN_DEFAULT); }
  uv_loop_t loop;
};

struct idle_turns {
  idle_turns() {
    uv_async_init(&on.loop, &alive, [](uv_async_t*) {});
  }
  double operator()(std::size_t count) {
    const stopwatch watch;
    for (std::size_t each = 0; each < count; ++each) uv_run(&on.loop, UV_RUN_NOWAIT);
    return watch.seconds();
  }
  uv_async_t alive;
  owned_loop on;
};

/// Idle handles, which are called before the poll of every turn: started for a burst, stopped as they are
/// called.
struct idle_burst {
  idle_burst() {
    for (uv_idle_t& each : handles) uv_idle_init(&on.loop, &each);
  }
  double operator()(std::size_t count) {
    const stopwatch watch;
    std::size_t ran = 0;
    for (std::size_t armed = 0; armed < count; armed += burst_size) {
      for (uv_idle_t& each : handles) {
        each.data = &ran;
        uv_idle_start(&each, called);
      }
      on.run();
    }
    const double seconds = watch.seconds();
    expect(ran == count, "every idle callback of a burst");
    return seconds;
  }
  static void called(uv_idle_t* self) {
    ++*static_cast<std::size_t*>(self->data);
    uv_idle_stop(self);
  }
  std::vector<uv_idle_t> handles{burst_size};
  owned_loop on;
};

struct idle_chain {
  idle_chain() { uv_idle_init(&on.loop, &handle); }
  double operator()(std::size_t count) {
    const stopwatch watch;
    std::size_t left = count;
    handle.data = &left;
    uv_idle_start(&handle, called);
    on.run();
    const double seconds = watch.seconds();
    expect(left == 0, "every link of a chain");
    return seconds;
  }
  static void called(uv_idle_t* self) {
    if (--*static_cast<std::size_t*>(self->data) == 0) uv_idle_stop(self);
  }
  uv_idle_t handle;
  owned_loop on;
};

struct timers {
  void make(std::size_t count) {
    if (handles.size() == count) return;
    handles.resize(count);
    for (uv_timer_t& each : handles) {
      uv_timer_init(&on.loop, &each);
      each.data = &fired;
    }
  }
  static void called(uv_timer_t* self) { ++*static_cast<std::size_t*>(self->data); }
  /// From this moment, as Node calls it; without the first line it is from the begin of the turn.
  void start(uv_timer_t& handle, std::uint64_t milliseconds) {
    uv_update_time(&on.loop);
    uv_timer_start(&handle, called, milliseconds, 0);
  }
  std::size_t fired = 0;
  std::vector<uv_timer_t> handles;
  owned_loop on;
};

template <bool Random>
struct timers_cancelled : timers {
  double operator()(std::size_t count) {
    make(count);
    const stopwatch watch;
    for (std::size_t each = 0; each < count; ++each) {
      start(handles[each], Random ? bench::random_delay(each) : 60'000);
    }
    for (uv_timer_t& each : handles) uv_timer_stop(&each);
    const double seconds = watch.seconds();
    expect(uv_loop_alive(&on.loop) == 0, "every timer cancelled");
    return seconds;
  }
};

struct timers_restarted_one : timers {
  double operator()(std::size_t count) {
    make(1);
    const stopwatch watch;
    for (std::size_t each = 0; each < count; ++each) {
      start(handles[0], 60'000);
      uv_timer_stop(&handles[0]);
    }
    return watch.seconds();
  }
};

struct timers_refreshed : timers {
  double operator()(std::size_t count) {
    if (handles.empty()) {
      make(count);
      for (uv_timer_t& each : handles) uv_timer_start(&each, called, 60'000, 60'000);
    }
    const stopwatch watch;
    bench::scattered(count, [this](std::size_t each) {
      uv_update_time(&on.loop);
      uv_timer_again(&handles[each]);
    });
    return watch.seconds();
  }
};

struct timers_fired_at_once : timers {
  double operator()(std::size_t count) {
    make(count);
    fired = 0;
    const stopwatch watch;
    for (uv_timer_t& each : handles) uv_timer_start(&each, called, 0, 0);
    on.run();
    const double seconds = watch.seconds();
    expect(fired == count, "every timer fired");
    return seconds;
  }
};

struct timers_fired : timers {
  double operator()(std::size_t count) {
    make(count);
    fired = 0;
    uv_update_time(&on.loop);
    const stopwatch arming;
    for (std::size_t each = 0; each < count; ++each) start(handles[each], 1 + each % 8);
    const double armed_in = arming.seconds();
    bench::spin_for(0.009);
    const stopwatch firing;
    on.run();
    const double seconds = armed_in + firing.seconds();
    expect(fired == count, "every timer fired");
    return seconds;
  }
};

/// What everybody writes around `uv_async_send`, which tells only that something came: a list under a mutex.
class mailbox {
public:
  struct letter {
    void (*call)(void*);
    void* with;
  };
  explicit mailbox(uv_loop_t& loop) {
    uv_async_init(&loop, &async_, [](uv_async_t* async) { static_cast<mailbox*>(async->data)->take(); });
    async_.data = this;
    uv_unref(handle());
  }
  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&async_); }
  void post(letter what) {
    {
      const std::lock_guard locked(mutex_);
      waiting_.push_back(what);
    }
    uv_async_send(&async_);
  }

private:
  void take() {
    {
      const std::lock_guard locked(mutex_);
      waiting_.swap(taken_);
    }
    for (const letter& each : taken_) each.call(each.with);
    taken_.clear();
  }
  std::mutex mutex_;
  std::vector<letter> waiting_;
  std::vector<letter> taken_;
  uv_async_t async_;
};

template <std::size_t Threads>  // none: the loop's own, in bursts
struct posts {
  double operator()(std::size_t count) {
    ran = 0;
    wanted = count;
    if constexpr (Threads == 0) return own(count);
    uv_ref(box.handle());
    const bench::producers crowd(Threads, count, [this] { box.post({called, this}); });
    const stopwatch watch;
    on.run();
    const double seconds = watch.seconds();
    expect(ran == count, "every post of other threads");
    return seconds;
  }
  double own(std::size_t count) {
    const stopwatch watch;
    for (wanted = burst_size; wanted <= count; wanted += burst_size) {
      uv_ref(box.handle());
      for (std::size_t each = 0; each < burst_size; ++each) box.post({called, this});
      on.run();
    }
    const double seconds = watch.seconds();
    expect(ran == count, "every post");
    return seconds;
  }
  static void called(void* self) {
    auto& row = *static_cast<posts*>(self);
    if (++row.ran == row.wanted) uv_unref(row.box.handle());
  }
  std::size_t ran = 0;
  std::size_t wanted = 0;
  owned_loop on;
  mailbox box{on.loop};
  ~posts() {
    uv_close(box.handle(), nullptr);
    on.run();
  }
};

/// Two loops, each asleep while the other works.
struct round_trips {
  double operator()(std::size_t count) {
    left = count;
    std::atomic<bool> ready{false};
    std::thread echo([this, &ready] {
      bench::pin(1);
      owned_loop loop;
      uv_async_init(&loop.loop, &there, [](uv_async_t* async) {
        auto& row = *static_cast<round_trips*>(async->data);
        if (row.left.load(std::memory_order_relaxed) == 0) {
          uv_stop(async->loop);
        } else {
          uv_async_send(&row.here);
        }
      });
      there.data = this;
      ready.store(true);
      loop.run();
    });
    while (!ready.load()) std::this_thread::yield();
    const stopwatch watch;
    uv_async_send(&there);
    on.run();
    const double seconds = watch.seconds();
    echo.join();
    expect(left == 0, "every round trip");
    return seconds;
  }
  round_trips() {
    here.data = this;
    uv_async_init(&on.loop, &here, [](uv_async_t* async) {
      auto& row = *static_cast<round_trips*>(async->data);
      if (--row.left == 0) uv_stop(async->loop);
      uv_async_send(&row.there);
    });
  }
  std::atomic<std::size_t> left{0};
  uv_async_t here;
  uv_async_t there;
  owned_loop on;
};

}  // namespace

int main(int argc, char** argv) {
  using bench::row;
  row<idle_turns>("turn/nothing to do", 100'000);
  row<idle_burst>("immediates/burst", 100'000);
  row<idle_chain>("immediates/chain", 100'000);
  row<timers_restarted_one>("timers/armed and cancelled singly", 100'000);
  row<timers_cancelled<false>>("timers/10^6 armed and cancelled, one delay", 1'000'000);
  row<timers_cancelled<true>>("timers/10^6 armed and cancelled, random delays", 1'000'000);
  row<timers_refreshed>("timers/refreshed among 10^6", 1'000'000);
  row<timers_fired_at_once>("timers/10^5 fired, zero delay", 100'000);
  row<timers_fired>("timers/10^5 fired, 8 delays", 100'000);
  row<posts<0>>("posts/own thread", 100'000);
  row<posts<1>>("posts/1 producer", 200'000);
  row<posts<4>>("posts/4 producers", 200'000);
  row<round_trips>("posts/round trip, one CPU", 10'000);
  row<round_trips>("posts/round trip, two CPUs", 10'000);
  return bench::run(argc, argv);
}
