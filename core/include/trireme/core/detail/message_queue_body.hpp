#pragma once
#include <concurrentqueue.h>

#include <algorithm>
#include <iterator>
#include <thread>
#include <trireme/core/assert.hpp>
#include <trireme/core/detail/message_queue.hpp>
#include <utility>

namespace trireme::detail {

template <class Item>
struct message_queue<Item>::storage {
  moodycamel::ConcurrentQueue<Item> items;
  moodycamel::ConsumerToken only_consumer{items};
};

template <class Item>
message_queue<Item>::message_queue(std::size_t limit)
    : own_bell_(std::in_place), bell_(*own_bell_), storage_(std::make_unique<storage>()), places_(limit) {}

template <class Item>
message_queue<Item>::message_queue(std::size_t limit, bell& shared)
    : bell_(shared), storage_(std::make_unique<storage>()), places_(limit) {}

template <class Item>
message_queue<Item>::~message_queue() {
  close();
  while (size() > 0) {
    if (!pop()) std::this_thread::yield();
  }
}

template <class Item>
template <class Enqueue>
posting message_queue<Item>::push_within_limit(Enqueue enqueue) {
  // The place is taken before the item is there: the limit is exact, and `close` knows of pushes under way.
  if (places_.take()) return push_with(enqueue);
  return closed() ? posting::closed : posting::full;
}

template <class Item>
template <class Enqueue>
posting message_queue<Item>::push_with(Enqueue enqueue, std::size_t many) {
  if (closed_.load()) {
    withdraw(many);
    return posting::closed;
  }
  if (!enqueue(storage_->items)) {  // no memory
    withdraw(many);
    return posting::full;
  }
  bell_.ring();
  return posting::posted;
}

template <class Item>
posting message_queue<Item>::push(Item& item) {
  return push_within_limit([&](auto& items) { return items.enqueue(std::move(item)); });
}

template <class Item>
posting message_queue<Item>::push_always(Item& item) {
  announce();
  return push_announced(item);
}

template <class Item>
posting message_queue<Item>::push_announced(Item& item) {
  const posting outcome = push_with([&](auto& items) { return items.enqueue(std::move(item)); });
  TRIREME_ASSERT(outcome != posting::full);  // never dropped: without memory for it nothing can go on
  return outcome;
}

template <class Item>
Item message_queue<Item>::pop() noexcept {
  Item taken{};
  if (size() > 0 && storage_->items.try_dequeue(taken)) release(1);
  return taken;
}

template <class Item>
std::size_t message_queue<Item>::pop_many(Item* into, std::size_t most) noexcept {
  const std::size_t taken = take(into, most);
  if (taken > 0) release(taken);
  return taken;
}

template <class Item>
std::size_t message_queue<Item>::take(Item* into, std::size_t most) noexcept {
  if (size() == 0) return 0;
  return storage_->items.try_dequeue_bulk(storage_->only_consumer, into, most);
}

template <class Item>
void message_queue<Item>::close() noexcept {
  closed_.store(true);
  bell_.ring_all();
}

template <class Item>
void message_queue<Item>::wait() noexcept {
  if (about_to_sleep()) bell_.wait();
}

template <class Item>
struct message_queue<Item>::producer::token {
  explicit token(storage& of) : known(of.items) {}
  moodycamel::ProducerToken known;
};

template <class Item>
message_queue<Item>::producer::producer(message_queue& into)
    : queue_(into), token_(std::make_unique<token>(*into.storage_)) {}
template <class Item>
message_queue<Item>::producer::~producer() = default;

template <class Item>
posting message_queue<Item>::producer::push(Item& item) {
  return queue_.push_within_limit([&](auto& items) { return items.enqueue(token_->known, std::move(item)); });
}

template <class Item>
posting message_queue<Item>::producer::push_always(Item& item) {
  queue_.announce();
  const posting outcome =
      queue_.push_with([&](auto& items) { return items.enqueue(token_->known, std::move(item)); });
  TRIREME_ASSERT(outcome != posting::full);
  return outcome;
}

template <class Item>
posting message_queue<Item>::producer::push_many_always(Item* items, std::size_t many) {
  queue_.announce(many);
  const auto enqueue = [&](auto& into) {
    return into.enqueue_bulk(token_->known, std::make_move_iterator(items), many);
  };
  const posting outcome = queue_.push_with(enqueue, many);
  TRIREME_ASSERT(outcome != posting::full);
  return outcome;
}

}  // namespace trireme::detail
