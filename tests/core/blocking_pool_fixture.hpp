#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <trireme/core/completion.hpp>
#include <trireme/core/detail/blocking_pool.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/result.hpp>
#include <utility>

namespace trireme::testing {

inline trireme::detail::blocking_pool_options with_threads(std::size_t threads, std::size_t limit = 100) {
  trireme::detail::blocking_pool_options options;
  options.threads = threads;
  options.queue_limit = limit;
  return options;
}

template <class T, class Work>
promise<T> promised(loop& owner, trireme::detail::blocking_pool& pool, Work work) {
  return with_promise<T>(owner, [&](completion<T> done) { pool.run(std::move(done), std::move(work)); });
}

/// Holds threads until it is opened. A worker that waits is one that has claimed its work.
class gate {
public:
  auto work() {
    return [state = state_]() -> result<void> {
      state->enter();
      state->open.wait(false);
      state->now.fetch_sub(1);
      return {};
    };
  }
  void wait_until_inside(int how_many) {
    for (int now = state_->inside; now < how_many; now = state_->inside) state_->inside.wait(now);
  }
  /// How many have come in, and how many there were at a time.
  int inside() const { return state_->inside; }
  int most_at_once() const { return state_->most; }
  void open() {
    state_->open = true;
    state_->open.notify_all();
  }
  ~gate() { open(); }

private:
  struct shared {
    void enter() {
      const int here = now.fetch_add(1) + 1;
      for (int before = most; before < here && !most.compare_exchange_weak(before, here);) continue;
      inside.fetch_add(1);
      inside.notify_all();
    }
    std::atomic<int> inside{0};
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    std::atomic<bool> open{false};
  };
  std::shared_ptr<shared> state_ = std::make_shared<shared>();
};

}  // namespace trireme::testing
