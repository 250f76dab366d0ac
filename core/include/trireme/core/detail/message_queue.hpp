#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <trireme/core/posting.hpp>

namespace trireme::detail {

/// The one mechanism between threads: moodycamel's queue, a count of our own, and a wake-up that is written
/// only when a consumer sleeps, once for any number of messages. Under the loop's inbox and under every pool
/// of workers.
///
/// Thread: `push`, `close` from any; the rest from consumers.
/// Order: first in, first out for each producer.
template <class Item>
class message_queue {
public:
  explicit message_queue(std::size_t limit);
  message_queue(const message_queue&) = delete;
  message_queue& operator=(const message_queue&) = delete;
  ~message_queue();  // what waits is destroyed

  /// Takes `item` only when posted.
  posting push(Item& item);
  /// Past the limit too: for results and for control, which are never dropped. `closed` is the only refusal.
  posting push_always(Item& item);
  /// A default-made one where there is nothing, or another consumer was faster.
  Item pop() noexcept;
  /// Fills `into` with at most `most`; for the only consumer there is. Returns how many.
  std::size_t pop_many(Item* into, std::size_t most) noexcept;
  std::size_t size() const noexcept { return count_.load(); }
  /// No more is taken; sleepers wake. What waits can still be popped.
  void close() noexcept;
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }

  /// Blocks until there is something, or the queue is closed. For worker threads.
  void wait() noexcept;
  /// Says that the caller is about to sleep on `native_handle`. False where there is something to take: then
  /// it must not sleep, and need not call `awake`.
  bool about_to_sleep() noexcept;
  /// The caller, which was told to sleep, no longer does.
  void awake() noexcept;
  /// Turns readable once for each sleeper that must wake; need not be read where watched edge-triggered.
  int native_handle() const noexcept { return wake_; }

private:
  struct storage;
  posting enqueue(Item& item);
  void wake_one() noexcept;
  bool withdraw() noexcept;

  std::unique_ptr<storage> storage_;
  const std::size_t limit_;
  const int wake_;
  std::atomic<std::size_t> count_{0};     // pairs with sleepers_: whoever changes second sees the other
  std::atomic<std::size_t> sleepers_{0};  // pairs with count_
  std::atomic<bool> closed_{false};
};

}  // namespace trireme::detail
