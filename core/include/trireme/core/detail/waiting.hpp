#pragma once
#include <cstddef>
#include <memory>
#include <trireme/core/completion.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/counters.hpp>
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <utility>

namespace trireme::detail {

template <class T>
class waiting_list;

/// An operation in the list of what it waits for. A stop of the context that it was started under takes it
/// from the list and ends it.
template <class T>
class waiting final : public list_node, public recycled {
private:
  friend class waiting_list<T>;
  struct stopped final : stop_watch {
    explicit stopped(waiting& ended) noexcept : self(ended) {}
    void on_stop(const error& reason) override { self.reject_soon(reason); }
    waiting& self;
  };

  waiting(waiting_list<T>& where, completion<T> done)
      : where_(&where), done_(std::move(done)), watch_(*this) {}
  void leave() noexcept {
    unlink();
    watch_.unlink();
    if (auto* const where = std::exchange(where_, nullptr)) --where->size_;
  }
  void reject_soon(const error& reason) {
    leave();
    loop& owner = done_.owner();
    owner.next_tick([self = std::unique_ptr<waiting>(this), reason] { self->done_.reject(reason); });
  }

  waiting_list<T>* where_;  // null once it is being settled
  completion<T> done_;
  stopped watch_;
};

/// The operations that wait for one thing, in the order they came.
template <class T>
class waiting_list {
public:
  static constexpr std::size_t limit = 1024;

  waiting_list() = default;
  waiting_list(const waiting_list&) = delete;
  waiting_list& operator=(const waiting_list&) = delete;

  bool empty() const noexcept { return size_ == 0; }

  /// Beyond the limit it is refused in a tick, with `errc::full`, counted as "stream.waiting_full".
  void add(completion<T> done) {
    const bool full = size_ == limit;
    loop& owner = done.owner();
    auto* const made = new waiting<T>(*this, std::move(done));
    items_.push_back(*made);
    ++size_;
    if (full) {
      owner.counters().get("stream.waiting_full").add();
      return made->reject_soon(errc::full);
    }
    if (const context_ptr current = owner.current()) current->watch(made->watch_);
  }
  /// Callbacks may destroy anything, this list included; it goes on to the last.
  template <class... Value>
  void resolve_all(const Value&... value) {
    list<waiting<T>> ready;
    for (take_all(ready); !ready.empty();) take_first(ready).resolve(value...);
  }
  void reject_all(const error& reason) {
    list<waiting<T>> ready;
    for (take_all(ready); !ready.empty();) take_first(ready).reject(reason);
  }
  /// The same in a tick each: for a caller whom no callback may interrupt.
  void reject_all_soon(const error& reason) {
    while (!empty()) items_.front().reject_soon(reason);
  }
  /// Takes the first one out.
  completion<T> take() { return take_first(items_); }

private:
  friend class waiting<T>;
  void take_all(list<waiting<T>>& to) noexcept {
    while (!items_.empty()) {
      waiting<T>& moved = items_.pop_front();
      moved.where_ = nullptr;
      to.push_back(moved);
    }
    size_ = 0;
  }
  static completion<T> take_first(list<waiting<T>>& from) {
    const std::unique_ptr<waiting<T>> first(&from.front());
    first->leave();
    return std::move(first->done_);
  }

  list<waiting<T>> items_;
  std::size_t size_ = 0;
};

/// Refuses an operation that cannot start, in a tick.
template <class T>
void reject_soon(completion<T> done, const error& reason) {
  waiting_list<T> alone;
  alone.add(std::move(done));
  alone.reject_all_soon(reason);
}

}  // namespace trireme::detail
