#pragma once
#include <cstddef>
#include <trireme/core/shared_bytes.hpp>
#include <utility>
#include <vector>

namespace trireme::detail {

/// First in, first out. Keeps its room, up to 64 places, so that it allocates nothing once it has grown; more
/// goes when it is empty.
class chunk_queue {
public:
  bool empty() const noexcept { return count_ == 0; }
  std::size_t count() const noexcept { return count_; }
  /// How many it takes before it grows.
  std::size_t room() const noexcept { return ring_.size(); }

  void push(shared_bytes chunk) {
    if (count_ == ring_.size()) grow();
    ring_[place(count_)] = std::move(chunk);
    ++count_;
  }
  shared_bytes pop() noexcept {
    shared_bytes first = std::exchange(ring_[first_], shared_bytes());
    first_ = place(1);
    if (--count_ == 0 && ring_.size() > kept) forget_room();
    return first;
  }
  void clear() noexcept {
    while (!empty()) pop();
  }

private:
  static constexpr std::size_t kept = 64;

  void forget_room() noexcept {
    ring_ = std::vector<shared_bytes>();
    first_ = 0;
  }
  std::size_t place(std::size_t offset) const noexcept { return (first_ + offset) & (ring_.size() - 1); }
  void grow() {
    std::vector<shared_bytes> wider(ring_.empty() ? 4 : 2 * ring_.size());
    for (std::size_t i = 0; i < count_; ++i) wider[i] = std::move(ring_[place(i)]);
    ring_ = std::move(wider);
    first_ = 0;
  }

  std::vector<shared_bytes> ring_;  // its size is zero or a power of two
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace trireme::detail
