#include <trireme/core/detail/timer_queue.hpp>
#include <utility>

namespace trireme::detail {

namespace {

/// Durations of which no timer is armed are forgotten beyond this many.
constexpr std::size_t lists_kept = 64;

}  // namespace

timer_queue::index timer_queue::add(duration delay, bool repeats, unique_function<void()> work,
                                    context_ptr context) {
  index which;
  if (free_nodes_.empty()) {
    which = static_cast<index>(nodes_.size());
    nodes_.emplace_back();
  } else {
    which = free_nodes_.back();
    free_nodes_.pop_back();
  }
  node& added = nodes_[which];
  added.work = std::move(work);
  added.context = std::move(context);
  added.delay = delay;
  added.repeats = repeats;
  added.referenced = true;
  return which;
}

void timer_queue::arm(index which, time_point now) {
  node& armed = nodes_[which];
  const index owner = list_for(armed.delay);
  list& line = lists_[owner];
  // A clock that is read once a turn never goes back, so a list is sorted by construction.
  armed.deadline = armed.delay > time_point::max() - now ? time_point::max() : now + armed.delay;
  armed.sequence = sequence_++;
  armed.list = owner;
  armed.previous = line.last;
  armed.next = none;
  if (line.last != none) {
    nodes_[line.last].next = which;
    line.last = which;
    return;
  }
  line.first = line.last = which;
  heap_.push_back(owner);
  line.place = heap_.size() - 1;
  sift_up(line.place);
}

void timer_queue::disarm(index which) noexcept {
  node& armed = nodes_[which];
  const index owner = armed.list;
  if (owner == none) return;
  list& line = lists_[owner];
  const bool was_first = line.first == which;
  (armed.previous == none ? line.first : nodes_[armed.previous].next) = armed.next;
  (armed.next == none ? line.last : nodes_[armed.next].previous) = armed.previous;
  armed.list = none;
  if (line.first == none) {
    remove_from_heap(owner);
    if (by_delay_.size() > lists_kept) forget_list(owner);
  } else if (was_first) {
    sift_down(line.place);
  }
}

void timer_queue::erase(index which) noexcept {
  disarm(which);
  node& gone = nodes_[which];
  ++gone.generation;
  // They go last: what they hold may arm timers, and so move the table.
  const unique_function<void()> work = std::move(gone.work);
  const context_ptr context = std::move(gone.context);
  free_nodes_.push_back(which);
}

void timer_queue::clear() noexcept {
  while (!heap_.empty()) erase(lists_[heap_.front()].first);
}

std::optional<time_point> timer_queue::next_deadline() const noexcept {
  if (heap_.empty()) return std::nullopt;
  return nodes_[lists_[heap_.front()].first].deadline;
}

timer_queue::index timer_queue::due(time_point now, std::uint64_t sequence) const noexcept {
  if (heap_.empty()) return none;
  const index first = lists_[heap_.front()].first;
  return nodes_[first].deadline <= now && nodes_[first].sequence < sequence ? first : none;
}

bool timer_queue::before(index left, index right) const noexcept {
  const node& a = nodes_[lists_[left].first];
  const node& b = nodes_[lists_[right].first];
  return a.deadline != b.deadline ? a.deadline < b.deadline : a.sequence < b.sequence;
}

void timer_queue::place(std::size_t position, index which) noexcept {
  heap_[position] = which;
  lists_[which].place = position;
}

void timer_queue::sift_up(std::size_t position) noexcept {
  const index moving = heap_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (!before(moving, heap_[parent])) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, moving);
}

void timer_queue::sift_down(std::size_t position) noexcept {
  const index moving = heap_[position];
  for (;;) {
    std::size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], moving)) break;
    place(position, heap_[child]);
    position = child;
  }
  place(position, moving);
}

void timer_queue::remove_from_heap(index which) noexcept {
  const std::size_t position = lists_[which].place;
  const index last = heap_.back();
  heap_.pop_back();
  if (last == which) return;
  place(position, last);
  sift_up(position);
  sift_down(lists_[last].place);
}

timer_queue::index timer_queue::list_for(duration delay) {
  if (const auto found = by_delay_.find(delay.count()); found != by_delay_.end()) return found->second;
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
  return which;
}

void timer_queue::forget_list(index which) {
  by_delay_.erase(lists_[which].delay.count());
  free_lists_.push_back(which);
}

}  // namespace trireme::detail
