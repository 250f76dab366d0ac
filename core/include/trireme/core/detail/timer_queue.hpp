#pragma once
#include <cstdint>
#include <optional>
#include <trireme/core/clock.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/unique_function.hpp>
#include <unordered_map>
#include <vector>

namespace trireme::detail {

/// Node's scheme: a list for each duration, and a heap of lists by the deadline of their first timer. Arming,
/// clearing and refreshing a timer cost O(1) where its duration is in use already.
///
/// Order: by deadline, then as armed.
class timer_queue {
public:
  using index = std::uint32_t;
  static constexpr index none = ~index{0};

  struct node {
    unique_function<void()> work;
    context_ptr context;
    time_point deadline{};
    duration delay{};
    std::uint64_t sequence = 0;
    index next = none;
    index previous = none;
    index list = none;  // none: not armed
    std::uint32_t generation = 0;
    bool repeats = false;
    bool referenced = true;
  };

  index add(duration delay, bool repeats, unique_function<void()> work, context_ptr context);
  /// Puts a timer that is not armed to its list's end, due `delay` after `now`.
  void arm(index which, time_point now);
  void disarm(index which) noexcept;
  /// Disarms, forgets, and lets the slot be used again; handles of it go stale.
  void erase(index which) noexcept;
  node& operator[](index which) noexcept { return nodes_[which]; }
  bool current(index which, std::uint32_t generation) const noexcept {
    return which < nodes_.size() && nodes_[which].generation == generation;
  }

  std::optional<time_point> next_deadline() const noexcept;
  /// The first timer due at `now` that was armed before `sequence`; `none` where there is none.
  index due(time_point now, std::uint64_t sequence) const noexcept;
  /// Larger than that of any timer armed so far.
  std::uint64_t sequence() const noexcept { return sequence_; }
  /// How many exist, armed or being called.
  std::size_t used() const noexcept { return nodes_.size() - free_nodes_.size(); }
  /// Forgets every timer.
  void clear() noexcept;

private:
  struct list {
    duration delay{};
    index first = none;
    index last = none;
    std::size_t place = 0;  // in heap_; meaningless while empty
  };
  bool before(index left, index right) const noexcept;
  void place(std::size_t position, index which) noexcept;
  void sift_up(std::size_t position) noexcept;
  void sift_down(std::size_t position) noexcept;
  void remove_from_heap(index which) noexcept;
  index list_for(duration delay);
  void forget_list(index which);

  std::vector<node> nodes_;
  std::vector<index> free_nodes_;
  std::vector<list> lists_;
  std::vector<index> free_lists_;
  std::vector<index> heap_;
  std::unordered_map<duration::rep, index> by_delay_;
  std::uint64_t sequence_ = 1;
};

}  // namespace trireme::detail
