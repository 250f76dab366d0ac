#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <trireme/core/detail/bell.hpp>
#include <trireme/core/detail/place_count.hpp>
#include <trireme/core/posting.hpp>

namespace trireme::detail {

/// The one mechanism between threads: moodycamel's queue, a count of our own, and a bell. Under the loop's
/// inbox, under every worker's mailbox and under the pools.
///
/// `message_queue_body.hpp` has the bodies, for the one source file that instantiates them for its `Item`.
///
/// Thread: `push`, `close` from any; the rest from consumers.
/// Order: first in, first out for each thread that pushes, and for each `producer`.
template <class Item>
class message_queue {
public:
  class producer;

  /// With a bell of its own. Throws `error` where the process is out of descriptors.
  explicit message_queue(std::size_t limit);
  /// `shared`, which outlives it, hangs over other queues of the same consumers too: who sleeps on it looks
  /// into all of them.
  message_queue(std::size_t limit, bell& shared);
  message_queue(const message_queue&) = delete;
  message_queue& operator=(const message_queue&) = delete;
  ~message_queue();  // what waits is destroyed

  /// Takes `item` only when posted. `full` also where there is no memory.
  posting push(Item& item);
  /// Past the limit too: for results and for control, which are never dropped. `closed` is the only refusal;
  /// without memory the program ends.
  posting push_always(Item& item);
  /// Counts as waiting what is about to be pushed, for who must be seen before it looks whether it may be:
  /// then comes `push_announced` or `withdraw`.
  void announce(std::size_t many = 1) noexcept { places_.take_always(many); }
  posting push_announced(Item& item);
  void withdraw(std::size_t many = 1) noexcept { places_.withdraw(many); }
  /// A default-made one where there is nothing, or another consumer was faster.
  Item pop() noexcept;
  /// Fills `into` with at most `most`; for the only consumer there is. Returns how many.
  std::size_t pop_many(Item* into, std::size_t most) noexcept;
  /// The same, but what was taken counts as waiting until it is `released`.
  std::size_t take(Item* into, std::size_t most) noexcept;
  void release(std::size_t taken) noexcept { places_.give_back(taken); }
  /// What is on its way in included.
  std::size_t size() const noexcept { return places_.taken(); }
  /// No more is taken; sleepers wake. What waits can still be popped.
  void close() noexcept;
  bool closed() const noexcept { return closed_.load(); }  // who is about to sleep relies on the order

  /// Blocks until there is something, or the queue is closed. For worker threads.
  void wait() noexcept;
  /// As the bell's, where this queue is all that the caller looks into.
  bool about_to_sleep() noexcept {
    return bell_.about_to_sleep([this] { return quiet(); });
  }
  void awake() noexcept { bell_.awake(); }
  int native_handle() const noexcept { return bell_.native_handle(); }

private:
  struct storage;
  bool quiet() const noexcept { return size() == 0 && !closed_.load(); }
  template <class Enqueue>
  posting push_within_limit(Enqueue enqueue);
  template <class Enqueue>
  posting push_with(Enqueue enqueue, std::size_t many = 1);

  std::optional<bell> own_bell_;
  bell& bell_;
  std::unique_ptr<storage> storage_;
  std::atomic<bool> closed_{false};
  place_count places_;  // changed before the bell looks for sleepers
};

/// A producer that is known: its items cost less than those of a thread that the queue must look up.
///
/// Thread: one at a time. Lifetime: the queue outlives it. Order: first in, first out, whatever threads it
/// was handed to.
template <class Item>
class message_queue<Item>::producer {
public:
  explicit producer(message_queue& into);
  producer(const producer&) = delete;
  producer& operator=(const producer&) = delete;
  ~producer();

  posting push(Item& item);
  posting push_always(Item& item);
  /// The same for `many` in a row, with one look at the consumer for all.
  posting push_many_always(Item* items, std::size_t many);

private:
  struct token;
  message_queue& queue_;
  std::unique_ptr<token> token_;
};

}  // namespace trireme::detail
