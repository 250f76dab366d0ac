#include <trireme/actors/detail/backlog.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

void put_in_front(trireme::detail::list<job_record>& front, trireme::detail::list<job_record>& of) noexcept {
  front.splice(of);
  of.splice(front);
}

}  // namespace

// Most come in order, and what they must pass is little: what was put back before them.
void backlog::put_back(trireme::detail::list<job_record>& taken) noexcept {
  lists passed;
  std::array<std::uint64_t, shares.size()> latest{};
  while (!taken.empty()) {
    job_record& record = taken.pop_front();
    const std::size_t which = index(record.class_);
    trireme::detail::list<job_record>& waiting = shared_[which];
    if (record.sequence < std::exchange(latest[which], record.sequence)) put_in_front(passed[which], waiting);
    while (!waiting.empty() && waiting.front().sequence < record.sequence) {
      passed[which].push_back(waiting.pop_front());
    }
    passed[which].push_back(record);
    ++counts_[which];
    ++all_;
  }
  for (std::size_t which = 0; which < shares.size(); ++which) put_in_front(passed[which], shared_[which]);
}

job_record* backlog::keyed_for(std::size_t lane) noexcept {
  for (trireme::detail::list<job_record>& of_class : keyed_[lane]) {
    if (job_record* const first = first_of(of_class)) return first;
  }
  return nullptr;
}

job_record* backlog::oldest_of_lowest(priority from) noexcept {
  for (std::size_t which = shares.size(); which-- > index(from);) {
    if (counts_[which] == 0) continue;
    job_record* oldest = first_of(shared_[which]);
    for (lists& of_lane : keyed_) oldest = older(oldest, first_of(of_lane[which]));
    return oldest;
  }
  return nullptr;
}

}  // namespace trireme::actors::detail
