#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <trireme/core/clock.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/assert_callable.hpp>
#include <trireme/core/unique_function.hpp>
#include <unordered_map>
#include <vector>

namespace trireme::detail {

/// `from + by`, which is not negative; the end of time where that lies beyond it.
inline time_point later(time_point from, duration by) noexcept {
  const bool beyond = from > time_point() && by > time_point::max() - from;
  return beyond ? time_point::max() : from + by;
}

/// Node's scheme: a list for each duration, and a heap of lists by the deadline of their first timer. Arming,
/// clearing and refreshing a timer cost O(1) where its duration is in use already.
///
/// Order: by deadline, then as armed.
class timer_queue {
public:
  using index = std::uint32_t;
  static constexpr index none = ~index{0};

  struct node {
    time_point deadline{};
    duration delay{};
    std::uint64_t sequence = 0;
    index next = none;
    index previous = none;
    index list = none;  // none: not armed
    std::uint32_t generation = 0;
    bool repeats = false;
    bool referenced = true;
    bool called = false;  // its callback is running where it lies
    unique_function<void()> work;
    context_ptr context;
  };

  template <class Work>
  index add(duration delay, bool repeats, Work&& work, const context_ptr& context) {
    assert_callable(work);
    const index which = take_node();
    node& added = (*this)[which];
    added.work = std::forward<Work>(work);
    added.context = context;
    added.delay = delay;
    added.repeats = repeats;
    added.referenced = true;
    return which;
  }
  /// Puts a timer that is not armed to its list's end, due its delay after `from`.
  void arm(index which, time_point from);
  void disarm(index which) noexcept;
  /// Disarms; handles of it go stale. Its slot may be used again, once its callback has returned where that
  /// runs.
  void erase(index which) noexcept;
  /// Says that the callback which ran has returned.
  void returned(index which, std::uint32_t generation) noexcept;
  /// Never moves.
  node& operator[](index which) noexcept { return chunks_[which / chunk_size][which % chunk_size]; }
  const node& operator[](index which) const noexcept {
    return chunks_[which / chunk_size][which % chunk_size];
  }
  bool current(index which, std::uint32_t generation) const noexcept {
    return which < made_ && (*this)[which].generation == generation;
  }

  std::optional<time_point> next_deadline() const noexcept {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().deadline;
  }
  /// The first timer due at `now` that was armed before `sequence`; `none` where there is none.
  index due(time_point now, std::uint64_t sequence) const noexcept {
    if (heap_.empty() || heap_.front().deadline > now || heap_.front().sequence >= sequence) return none;
    return lists_[heap_.front().list].first;
  }
  /// Larger than that of any timer armed so far.
  std::uint64_t sequence() const noexcept { return sequence_; }
  bool any_armed() const noexcept { return !heap_.empty(); }
  /// How many exist, armed or being called.
  std::size_t used() const noexcept { return used_; }
  /// Forgets every timer.
  void clear() noexcept;

private:
  static constexpr index chunk_size = 256;
  /// Timers lie in memory as they were armed, and come as their lists have it: what comes next is fetched
  /// while others are called.
  void prefetch(index which) const noexcept {
    if (which == none) return;
    __builtin_prefetch(&(*this)[which]);
    __builtin_prefetch(&(*this)[which].work);
  }
  struct list {
    duration delay{};
    index first = none;
    index last = none;
    std::size_t place = 0;  // in heap_; meaningless while empty
  };
  /// A list, by the key of its first timer.
  struct entry {
    time_point deadline;
    std::uint64_t sequence;
    index list;
    bool before(const entry& other) const noexcept {
      return deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence;
    }
  };

  index take_node();
  void release(index which) noexcept;
  entry entry_of(index list) const noexcept;
  void place(std::size_t position, const entry& which) noexcept;
  void sift_up(std::size_t position) noexcept;
  void sift_down(std::size_t position) noexcept;
  void remove_from_heap(index which) noexcept;
  index list_for(duration delay);
  void forget_list(index which);

  std::vector<std::unique_ptr<node[]>> chunks_;
  index made_ = 0;
  index free_ = none;  // linked by `next`
  std::size_t used_ = 0;
  std::vector<list> lists_;
  std::vector<index> free_lists_;
  std::vector<entry> heap_;
  std::unordered_map<duration::rep, index> by_delay_;
  index latest_list_ = none;  // the one asked for last: most timers of a program share a few durations
  std::uint64_t sequence_ = 1;
};

}  // namespace trireme::detail
