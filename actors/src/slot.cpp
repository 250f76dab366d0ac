#include <trireme/actors/detail/slot.hpp>

#include <trireme/actors/detail/post_office.hpp>

namespace trireme::actors::detail {

posting slot::take_place(std::uint32_t wanted) noexcept {
  const std::uint32_t before = waiting.fetch_add(1);
  if (!lives(wanted)) {
    home->closed.add();
    give_place_back();
    return posting::closed;
  }
  if (before >= limit.load(std::memory_order_relaxed)) {
    home->full->add();  // the system is still there: it waits for our place
    give_place_back();
    return posting::full;
  }
  return posting::posted;
}

slot& slot_shelf::take() {
  if (!free_) free_ = returned_.exchange(nullptr);
  if (slot* const used = free_) {
    free_ = std::exchange(used->next_free, nullptr);
    return *used;
  }
  if (made_ % chunk_size == 0) chunks_.push_back(std::make_unique<slot[]>(chunk_size));
  slot& made = chunks_[made_ / chunk_size][made_ % chunk_size];
  ++made_;
  made.home = &home_;
  made.of_the_loop = of_the_loop_;
  return made;
}

void slot_shelf::give_back(slot& empty) noexcept {
  empty.next_free = returned_.load();
  while (!returned_.compare_exchange_weak(empty.next_free, &empty)) {
  }
}

}  // namespace trireme::actors::detail
