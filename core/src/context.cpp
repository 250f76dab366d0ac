#include <algorithm>
#include <trireme/core/context.hpp>

namespace trireme {

context::context(context_ptr parent) : parent_(std::move(parent)), link_(*this) {}

// Out of line: handles are let go in every callback, contexts seldom.
void context_ptr::destroy(context* last) noexcept { delete last; }

context_ptr context::make(context_ptr parent) {
  const context_ptr made(new context(std::move(parent)));
  if (made->parent_) made->parent_->watch(made->link_);
  return made;
}

void context::request_stop(error reason) {
  if (stop_requested()) return;
  const context_ptr keep(this);
  reason_ = reason ? std::move(reason) : error(errc::canceled);
  stop_source_.request_stop();
  while (!watchers_.empty()) watchers_.pop_front().on_stop(reason_);
}

void context::watch(stop_watch& watcher) {
  if (stop_requested()) {
    const context_ptr keep(this);
    watcher.on_stop(reason_);
  } else {
    watchers_.push_back(watcher);
  }
}

std::stop_token context::stop_token() {
  if (!stop_source_.stop_possible()) {
    stop_source_ = std::stop_source();
    if (stop_requested()) stop_source_.request_stop();
  }
  return stop_source_.get_token();
}

std::optional<time_point> context::deadline() const noexcept {
  std::optional<time_point> nearest;
  for (const context* each = this; each; each = each->parent_.get()) {
    if (each->deadline_) nearest = nearest ? std::min(*nearest, *each->deadline_) : *each->deadline_;
  }
  return nearest;
}

const std::string& context::trace() const noexcept {
  static const std::string none;
  for (const context* each = this; each; each = each->parent_.get()) {
    if (!each->trace_.empty()) return each->trace_;
  }
  return none;
}

}  // namespace trireme
