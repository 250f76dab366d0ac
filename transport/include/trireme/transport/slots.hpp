#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace trireme::transport {

/// Names one connection of a server, whatever becomes of it: once it has gone the handle finds nothing, so
/// that sending to it is an error value and never a crash.
struct handle {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  friend bool operator==(const handle&, const handle&) = default;
};

/// Owns objects of one kind and finds them by handle.
///
/// Thread: the loop's.
template <class T>
class slots {
public:
  /// Takes `object`; its handle finds it until `remove`.
  handle add(std::unique_ptr<T> object) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(entries_.size()));
      entries_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    entries_[slot].object = std::move(object);
    ++size_;
    return {slot, entries_[slot].generation};
  }
  T* find(handle which) const noexcept {
    if (which.slot >= entries_.size()) return nullptr;
    const entry& found = entries_[which.slot];
    return found.generation == which.generation ? found.object.get() : nullptr;
  }
  /// Gives the object back; its handle is stale from here on.
  std::unique_ptr<T> remove(handle which) {
    if (!find(which)) return nullptr;
    entry& gone = entries_[which.slot];
    ++gone.generation;
    free_.push_back(which.slot);
    --size_;
    return std::move(gone.object);
  }
  /// Destroys all, one by one; whoever asks for one meanwhile finds nothing.
  void clear() {
    for (std::uint32_t slot = 0; slot < entries_.size(); ++slot) remove({slot, entries_[slot].generation});
  }
  std::size_t size() const noexcept { return size_; }
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::size_t slot = 0; slot < entries_.size(); ++slot) {
      if (T* const object = entries_[slot].object.get()) visit(*object);
    }
  }

private:
  struct entry {
    std::unique_ptr<T> object;
    std::uint32_t generation = 1;
  };
  std::vector<entry> entries_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

}  // namespace trireme::transport
