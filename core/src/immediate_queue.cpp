#include <algorithm>
#include <trireme/core/detail/immediate_queue.hpp>

namespace trireme::detail {

immediate_queue::slot* immediate_queue::find(std::uint64_t number) noexcept {
  if (number <= last_called_) return nullptr;
  for (auto* const batch : {&called_, &waiting_}) {
    // Numbers rise, so each batch is sorted.
    const auto found = std::lower_bound(batch->begin(), batch->end(), number,
                                        [](const slot& each, auto wanted) { return each.number < wanted; });
    if (found != batch->end() && found->number == number && found->work) return &*found;
  }
  return nullptr;
}

void immediate_queue::count_out(const slot& which) noexcept {
  --alive_;
  if (which.referenced) --referenced_;
}

void immediate_queue::clear(slot& which) noexcept {
  count_out(which);
  // They go last: what they hold may set immediates, and so move the batch.
  const unique_function<void()> work = std::move(which.work);
  const context_ptr context = std::move(which.context);
}

void immediate_queue::set_referenced(slot& which, bool referenced) noexcept {
  if (which.referenced == referenced) return;
  which.referenced = referenced;
  referenced ? ++referenced_ : --referenced_;
}

void immediate_queue::clear() noexcept {
  alive_ = referenced_ = 0;
  std::vector<slot>().swap(waiting_);
}

immediate_queue::slot* immediate_queue::next() noexcept {
  while (place_ < called_.size()) {
    slot& which = called_[place_++];
    if (!which.work) continue;
    last_called_ = which.number;
    count_out(which);
    return &which;
  }
  return nullptr;
}

void immediate_queue::end_batch() {
  if (place_ < called_.size()) {
    const auto first_left = called_.begin() + static_cast<std::ptrdiff_t>(place_);
    waiting_.insert(waiting_.begin(), std::make_move_iterator(first_left),
                    std::make_move_iterator(called_.end()));
  }
  called_.clear();
  place_ = 0;
}

}  // namespace trireme::detail
