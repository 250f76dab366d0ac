#include <trireme/core/detail/callback_queue.hpp>

namespace trireme::detail {

void callback_queue::grow() {
  std::unique_ptr<chunk> added = spare_ ? std::move(spare_) : std::unique_ptr<chunk>(new chunk);
  chunk* const last = added.get();
  (tail_ ? tail_->next : head_) = std::move(added);
  tail_ = last;
  tail_end_ = 0;
}

void callback_queue::release_head() noexcept {
  head_begin_ = 0;
  if (!head_->next) {  // empty: starts over in the same chunk
    tail_end_ = 0;
    return;
  }
  std::unique_ptr<chunk> done = std::move(head_);
  head_ = std::move(done->next);
  if (!spare_) spare_ = std::move(done);
}

}  // namespace trireme::detail
