#include <trireme/core/detail/timer_queue.hpp>
#include <utility>

namespace trireme::detail {

namespace {

/// Durations of which no timer is armed are forgotten beyond this many.
constexpr std::size_t lists_kept = 64;

}  // namespace

timer_queue::index timer_queue::take_node() {
  index which = free_;
  if (which != none) {
    free_ = (*this)[which].next;
    prefetch(free_);
  } else {
    if (made_ % chunk_size == 0) chunks_.push_back(std::make_unique<node[]>(chunk_size));
    which = made_++;
  }
  ++used_;
  return which;
}

void timer_queue::release(index which) noexcept {
  node& gone = (*this)[which];
  gone.work.reset();  // what it holds may arm and clear timers
  gone.context = {};
  gone.next = std::exchange(free_, which);
  --used_;
}

void timer_queue::arm(index which, time_point from) {
  node& armed = (*this)[which];
  const index owner = list_for(armed.delay);
  list& line = lists_[owner];
  const time_point due = later(from, armed.delay);
  armed.deadline = due;
  armed.sequence = sequence_++;
  armed.list = owner;
  // The loop's time never goes back: it belongs at the end, but for an interval, which counts from the begin
  // of its call, and what that call armed.
  index before = line.last;
  while (before != none && (*this)[before].deadline > due) before = (*this)[before].previous;
  const index after = before == none ? line.first : (*this)[before].next;
  armed.previous = before;
  armed.next = after;
  (after == none ? line.last : (*this)[after].previous) = which;
  (before == none ? line.first : (*this)[before].next) = which;
  if (before != none) return;
  if (after == none) {
    line.place = heap_.size();
    heap_.push_back(entry_of(owner));
  } else {
    heap_[line.place] = entry_of(owner);
  }
  sift_up(line.place);
}

void timer_queue::disarm(index which) noexcept {
  node& armed = (*this)[which];
  const index owner = armed.list;
  if (owner == none) return;
  list& line = lists_[owner];
  const bool was_first = line.first == which;
  (armed.previous == none ? line.first : (*this)[armed.previous].next) = armed.next;
  (armed.next == none ? line.last : (*this)[armed.next].previous) = armed.previous;
  armed.list = none;
  if (line.first == none) {
    remove_from_heap(owner);
    if (by_delay_.size() > lists_kept) forget_list(owner);
  } else if (was_first) {
    prefetch((*this)[line.first].next);
    heap_[line.place] = entry_of(owner);
    sift_down(line.place);
  }
}

void timer_queue::erase(index which) noexcept {
  disarm(which);
  node& gone = (*this)[which];
  ++gone.generation;
  if (!gone.called) release(which);
}

void timer_queue::returned(index which, std::uint32_t generation) noexcept {
  node& back = (*this)[which];
  back.called = false;
  if (back.generation != generation) release(which);  // erased while it ran
}

void timer_queue::clear() noexcept {
  while (!heap_.empty()) erase(lists_[heap_.front().list].first);
}

timer_queue::entry timer_queue::entry_of(index list) const noexcept {
  const node& first = (*this)[lists_[list].first];
  return {first.deadline, first.sequence, list};
}

void timer_queue::place(std::size_t position, const entry& which) noexcept {
  heap_[position] = which;
  lists_[which.list].place = position;
}

void timer_queue::sift_up(std::size_t position) noexcept {
  const entry moving = heap_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (!moving.before(heap_[parent])) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, moving);
}

void timer_queue::sift_down(std::size_t position) noexcept {
  const entry moving = heap_[position];
  for (;;) {
    std::size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].before(heap_[child])) ++child;
    if (!heap_[child].before(moving)) break;
    place(position, heap_[child]);
    position = child;
  }
  place(position, moving);
}

void timer_queue::remove_from_heap(index which) noexcept {
  const std::size_t position = lists_[which].place;
  const entry last = heap_.back();
  heap_.pop_back();
  if (last.list == which) return;
  place(position, last);
  sift_up(position);
  sift_down(lists_[last.list].place);
}

timer_queue::index timer_queue::list_for(duration delay) {
  if (latest_list_ != none && lists_[latest_list_].delay == delay) return latest_list_;
  if (const auto found = by_delay_.find(delay.count()); found != by_delay_.end()) {
    return latest_list_ = found->second;
  }
  index which;
  if (free_lists_.empty()) {
    which = static_cast<index>(lists_.size());
    lists_.emplace_back();
  } else {
    which = free_lists_.back();
    free_lists_.pop_back();
  }
  lists_[which] = list{delay};
  by_delay_.emplace(delay.count(), which);
  return latest_list_ = which;
}

void timer_queue::forget_list(index which) {
  if (latest_list_ == which) latest_list_ = none;
  by_delay_.erase(lists_[which].delay.count());
  free_lists_.push_back(which);
}

}  // namespace trireme::detail
