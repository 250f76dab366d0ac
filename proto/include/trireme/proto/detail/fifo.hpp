#pragma once
#include <cstddef>
#include <utility>
#include <vector>

namespace trireme::proto::detail {

/// First in, first out. Allocates nothing while empty from birth, nothing in steady state.
template <class T>
class fifo {
public:
  bool empty() const noexcept { return first_ == items_.size(); }
  std::size_t size() const noexcept { return items_.size() - first_; }
  void push(T item) {
    if (first_ > 32 && first_ * 2 > items_.size()) compact();
    items_.push_back(std::move(item));
  }
  T pop() {
    T item = std::move(items_[first_++]);
    if (empty()) clear();
    return item;
  }
  void clear() noexcept {
    items_.clear();
    first_ = 0;
  }

private:
  void compact() {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }

  std::vector<T> items_;
  std::size_t first_ = 0;
};

}  // namespace trireme::proto::detail
