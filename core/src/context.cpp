#include <algorithm>
#include <trireme/core/context.hpp>

namespace trireme {

context::context(context_ptr parent) : parent_(std::move(parent)), link_(*this) {}

// Out of line: handles are let go in every callback, contexts seldom. Parents that only their children kept
// go one by one: chains may be longer than the stack is deep.
void context_ptr::destroy(context* last) noexcept {
  while (last) {
    context* const parent = std::exchange(last->parent_.pointer_, nullptr);
    delete last;
    last = parent && --parent->count_ == 0 ? parent : nullptr;
  }
}

context_ptr context::make(context_ptr parent) {
  const context_ptr made(new context(std::move(parent)));
  if (made->parent_) made->parent_->watch(made->link_);
  return made;
}

void context::request_stop(error reason) {
  if (stop_requested()) return;
  context_ptr at(this);
  begin_stop(reason ? std::move(reason) : error(errc::canceled));
  // Down into each child as its turn comes, and back by its parent: deep chains cost no stack.
  for (;;) {
    if (!at->watchers_.empty()) {
      at = at->tell_next();
    } else if (at.get() == this) {
      return;
    } else {
      at = at->parent_;
    }
  }
}

void context::begin_stop(error reason) {
  reason_ = std::move(reason);
  stop_source_.request_stop();
}

/// Tells one watcher. Returns the context to go on with: a child that is told now, or this one.
context_ptr context::tell_next() {
  stop_watch& next = watchers_.pop_front();
  context* const child = next.child();
  if (!child) {
    next.on_stop(reason_);
  } else if (!child->stop_requested()) {
    context_ptr told(child);
    told->begin_stop(reason_);
    return told;
  }
  return context_ptr(this);
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
