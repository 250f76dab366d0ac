#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <trireme/actors/detail/job_record.hpp>
#include <vector>

namespace trireme::actors::detail {

/// The jobs that wait for a worker: lists by class, shared ones and those of each worker's keys. Nothing
/// allocates.
///
/// Thread: the loop's. Order: of 21 that a lane takes 16 are urgent, 4 normal, 1 background, where all wait
/// for it; the oldest first in each.
class backlog {
public:
  explicit backlog(std::size_t lanes) : keyed_(lanes), credits_(lanes, shares) {}

  bool empty() const noexcept { return all_ == 0; }
  std::size_t waiting(priority which) const noexcept { return counts_[index(which)]; }
  void add(job_record& added) noexcept;
  /// Whose turn it is on that lane. Null where nothing waits for it.
  job_record* next_for(std::size_t lane) noexcept;
  /// The oldest of the highest class that may go to that lane only. Null where there is none.
  job_record* keyed_for(std::size_t lane) noexcept;
  /// Takes what `next_for(lane)` gave.
  void take(std::size_t lane, job_record& taken) noexcept;
  void remove(job_record& removed) noexcept;
  /// Jobs without a key, each in front of all that were submitted after it.
  void put_back(trireme::detail::list<job_record>& taken) noexcept;
  /// The oldest of the lowest class, though of none above `from`. Null where there is none.
  job_record* oldest_of_lowest(priority from) noexcept;

private:
  using lists = std::array<trireme::detail::list<job_record>, 3>;
  static std::size_t index(priority which) noexcept { return static_cast<std::size_t>(which); }
  static job_record* older(job_record* one, job_record* other) noexcept;
  static job_record* first_of(trireme::detail::list<job_record>& waiting) noexcept;
  job_record* first_with_credit(std::size_t lane) noexcept;

  using by_class = std::array<std::uint32_t, 3>;
  static constexpr by_class shares{16, 4, 1};
  lists shared_;
  std::vector<lists> keyed_;
  std::vector<by_class> credits_;  // of each lane: one that finds nothing for it gives no other a turn
  std::array<std::size_t, 3> counts_{};
  std::size_t all_ = 0;
};

inline void backlog::add(job_record& added) noexcept {
  const std::size_t which = index(added.class_);
  (added.keyed ? keyed_[added.lane][which] : shared_[which]).push_back(added);
  ++counts_[which];
  ++all_;
}

inline void backlog::take(std::size_t lane, job_record& taken) noexcept {
  --credits_[lane][index(taken.class_)];
  remove(taken);
}

inline job_record* backlog::next_for(std::size_t lane) noexcept {
  if (all_ == 0) return nullptr;
  if (job_record* const found = first_with_credit(lane)) return found;
  credits_[lane] = shares;
  return first_with_credit(lane);
}

inline job_record* backlog::first_with_credit(std::size_t lane) noexcept {
  for (std::size_t which = 0; which < shares.size(); ++which) {
    if (credits_[lane][which] == 0 || counts_[which] == 0) continue;
    if (job_record* const found = older(first_of(shared_[which]), first_of(keyed_[lane][which])))
      return found;
  }
  return nullptr;
}

inline job_record* backlog::first_of(trireme::detail::list<job_record>& waiting) noexcept {
  return waiting.empty() ? nullptr : &waiting.front();
}

inline job_record* backlog::older(job_record* one, job_record* other) noexcept {
  if (!one || !other) return one ? one : other;
  return one->sequence < other->sequence ? one : other;
}

inline void backlog::remove(job_record& removed) noexcept {
  removed.unlink();
  --counts_[index(removed.class_)];
  --all_;
}

}  // namespace trireme::actors::detail
