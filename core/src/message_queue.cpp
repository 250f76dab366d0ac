#include <concurrentqueue.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/detail/message_queue.hpp>
#include <trireme/core/error.hpp>

namespace trireme::detail {

template <class Item>
struct message_queue<Item>::storage {
  moodycamel::ConcurrentQueue<Item> items;
  moodycamel::ConsumerToken only_consumer{items};
};

namespace {

int make_semaphore() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
  if (fd < 0) throw error::from_errno(errno, "eventfd");
  return fd;
}

}  // namespace

template <class Item>
message_queue<Item>::message_queue(std::size_t limit)
    : storage_(std::make_unique<storage>()), limit_(limit), wake_(make_semaphore()) {}

template <class Item>
message_queue<Item>::~message_queue() {
  close();
  while (size() > 0) {
    if (!pop()) std::this_thread::yield();
  }
  ::close(wake_);
}

template <class Item>
posting message_queue<Item>::push(Item& item) {
  // The place is taken before the item is there: the limit is exact, and `close` knows of pushes under way.
  if (count_.fetch_add(1) >= limit_) {
    count_.fetch_sub(1);
    return closed() ? posting::closed : posting::full;
  }
  return enqueue(item);
}

template <class Item>
posting message_queue<Item>::push_always(Item& item) {
  count_.fetch_add(1);
  return enqueue(item);
}

template <class Item>
posting message_queue<Item>::enqueue(Item& item) {
  if (closed_.load()) {
    count_.fetch_sub(1);
    return posting::closed;
  }
  storage_->items.enqueue(std::move(item));
  wake_one();
  return posting::posted;
}

template <class Item>
Item message_queue<Item>::pop() noexcept {
  Item taken{};
  if (size() > 0 && storage_->items.try_dequeue(taken)) count_.fetch_sub(1);
  return taken;
}

template <class Item>
std::size_t message_queue<Item>::pop_many(Item* into, std::size_t most) noexcept {
  if (size() == 0) return 0;
  const std::size_t taken = storage_->items.try_dequeue_bulk(storage_->only_consumer, into, most);
  count_.fetch_sub(taken);
  return taken;
}

template <class Item>
void message_queue<Item>::close() noexcept {
  closed_.store(true);
  while (sleepers_.load() > 0) wake_one();
}

template <class Item>
bool message_queue<Item>::withdraw() noexcept {
  std::size_t asleep = sleepers_.load();
  while (asleep > 0) {
    if (sleepers_.compare_exchange_weak(asleep, asleep - 1)) return true;
  }
  return false;
}

template <class Item>
void message_queue<Item>::wake_one() noexcept {
  if (!withdraw()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

template <class Item>
bool message_queue<Item>::about_to_sleep() noexcept {
  sleepers_.fetch_add(1);
  if (count_.load() == 0 && !closed_.load()) return true;
  awake();
  return false;
}

template <class Item>
void message_queue<Item>::awake() noexcept {
  // Where another has withdrawn us already, its token stays: a spurious wake-up later, never a lost one.
  withdraw();
}

template <class Item>
void message_queue<Item>::wait() noexcept {
  if (!about_to_sleep()) return;
  std::uint64_t token;
  while (::read(wake_, &token, sizeof token) < 0 && errno == EINTR) {
  }
}

template class message_queue<std::unique_ptr<job>>;
template class message_queue<letter>;

}  // namespace trireme::detail
