#pragma once
#include <atomic>
#include <utility>

namespace trireme::detail {

/// Something that other threads tell a loop to look after: once, for any number of sends. The twin of
/// libuv's `uv_async_t`.
///
/// Lifetime: from its first send until the loop's inbox was told to forget it. Source:
/// https://docs.libuv.org/en/v1.x/async.html
class async_handle {
public:
  class queue;

  async_handle() noexcept = default;
  async_handle(const async_handle&) = delete;
  async_handle& operator=(const async_handle&) = delete;

  /// Loop: in a callback of its own. Until it calls `rearm` what is sent is ignored.
  virtual void on_async() = 0;

protected:
  ~async_handle() = default;
  /// Loop: then it looks once more whether there is anything, for what was sent before was not heard.
  void rearm() noexcept { sent_.store(false); }

private:
  alignas(64) std::atomic<bool> sent_{false};
  async_handle* next_ = nullptr;
};

/// Handles that were sent, on their way to their loop.
///
/// Thread: `push` and `empty` any; the rest the loop's. Order: what was pushed first is popped first.
class async_handle::queue {
public:
  /// False where it is on its way already.
  bool push(async_handle& sent) noexcept {
    if (sent.sent_.load() || sent.sent_.exchange(true)) return false;
    sent.next_ = arrived_.load(std::memory_order_relaxed);
    while (!arrived_.compare_exchange_weak(sent.next_, &sent)) {
    }
    return true;
  }
  bool empty() const noexcept { return !arrived_.load() && !oldest_; }

  /// Has `pop` give what has arrived until now.
  void collect() noexcept {
    async_handle** last = &oldest_;
    while (*last) last = &(*last)->next_;
    async_handle* reversed = nullptr;
    for (async_handle* latest = arrived_.exchange(nullptr); latest;) {
      async_handle* const before = std::exchange(latest->next_, reversed);
      reversed = std::exchange(latest, before);
    }
    *last = reversed;
  }
  /// Null where nothing is left of that.
  async_handle* pop() noexcept {
    async_handle* const popped = oldest_;
    if (popped) oldest_ = popped->next_;
    return popped;
  }
  /// Nobody sends it any more: forgets it.
  void remove(const async_handle& gone) noexcept {
    collect();
    async_handle** at = &oldest_;
    while (*at && *at != &gone) at = &(*at)->next_;
    if (*at) *at = gone.next_;
  }

private:
  std::atomic<async_handle*> arrived_{nullptr};  // the latest first
  async_handle* oldest_ = nullptr;               // the loop's
};

}  // namespace trireme::detail
