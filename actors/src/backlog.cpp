#include <trireme/actors/detail/backlog.hpp>

namespace trireme::actors::detail {

void backlog::put_back(trireme::detail::list<job_record>& taken) noexcept {
  lists in_front;
  while (!taken.empty()) {
    job_record& record = taken.pop_front();
    in_front[index(record.class_)].push_back(record);
    ++counts_[index(record.class_)];
    ++all_;
  }
  for (std::size_t which = 0; which < shares.size(); ++which) {
    in_front[which].splice(shared_[which]);
    shared_[which].splice(in_front[which]);
  }
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
