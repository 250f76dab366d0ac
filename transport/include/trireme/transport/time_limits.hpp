#pragma once
#include <trireme/core/clock.hpp>
#include <trireme/core/detail/intrusive_list.hpp>

namespace trireme::transport {

/// Something that may wait only so long. In at most one `time_limit` at a time.
class timed : public trireme::detail::list_node {
public:
  time_point since() const noexcept { return since_; }

private:
  friend class time_limit;
  time_point since_{};
};

/// All that wait under one and the same limit, longest first: starting and ending a wait moves a link, and no
/// timer of its own is armed for any of them.
///
/// Thread: the loop's.
class time_limit {
public:
  explicit time_limit(duration limit) noexcept : limit_(limit) {}
  /// Starts, or starts anew, the wait of `item`.
  void start(timed& item, time_point now) noexcept {
    item.since_ = now;
    if (!item.linked() || !last_is(item)) waiting_.push_back(item);
  }
  /// Takes out whatever has waited too long, and calls `expired` with each.
  template <class Expired>
  void expire(time_point now, Expired&& expired) {
    while (!waiting_.empty() && now - waiting_.front().since() >= limit_) expired(waiting_.pop_front());
  }

private:
  bool last_is(const timed& item) const noexcept { return waiting_.last_is(item); }

  duration limit_;
  trireme::detail::list<timed> waiting_;
};

}  // namespace trireme::transport
