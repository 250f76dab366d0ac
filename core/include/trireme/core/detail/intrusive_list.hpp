#pragma once

namespace trireme::detail {

/// A link of a circular doubly linked list. Unlinks itself when destroyed.
struct list_node {
  list_node() noexcept = default;
  list_node(const list_node&) = delete;
  list_node& operator=(const list_node&) = delete;
  ~list_node() { unlink(); }

  bool linked() const noexcept { return next != this; }
  void unlink() noexcept {
    previous->next = next;
    next->previous = previous;
    next = previous = this;
  }
  void insert_before(list_node& position) noexcept {
    unlink();
    previous = position.previous;
    next = &position;
    previous->next = this;
    position.previous = this;
  }

  list_node* next = this;
  list_node* previous = this;
};

/// First in, first out; owns nothing. `T` derives from `list_node`.
template <class T>
class list {
public:
  bool empty() const noexcept { return !head_.linked(); }
  void push_back(T& item) noexcept { static_cast<list_node&>(item).insert_before(head_); }
  bool last_is(const T& item) const noexcept {
    return head_.previous == &static_cast<const list_node&>(item);
  }
  T& front() noexcept { return static_cast<T&>(*head_.next); }
  T& pop_front() noexcept {
    T& item = front();
    static_cast<list_node&>(item).unlink();
    return item;
  }
  /// Moves everything of `other` to the end of this list.
  void splice(list& other) noexcept {
    if (other.empty()) return;
    list_node& first = *other.head_.next;
    list_node& last = *other.head_.previous;
    other.head_.next = other.head_.previous = &other.head_;
    first.previous = head_.previous;
    head_.previous->next = &first;
    last.next = &head_;
    head_.previous = &last;
  }
  ~list() {
    while (!empty()) pop_front();
  }

private:
  list_node head_;
};

}  // namespace trireme::detail
