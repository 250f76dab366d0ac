#include <trireme/core/sleep.hpp>

namespace trireme::detail {

void sleep_awaiter::start(coroutine_frame& frame) {
  frame_ = &frame;
  if (const auto& context = frame.bound_context()) context->watch(*this);
  if (failure_) return;
  timer_ = loop_.set_timeout(delay_, [this] {
    unlink();
    frame_->wake_soon();
  });
}

void sleep_awaiter::on_stop(const error& reason) {
  timer_.clear();
  failure_ = reason;
  frame_->wake_soon();
}

}  // namespace trireme::detail
