#include <trireme/core/readable.hpp>

namespace trireme {

readable::~readable() { reads_.reject_all_soon(closed_reason()); }

promise<shared_bytes> readable::read() {
  owner().assert_current();
  const context_ptr& current = owner().current();
  if (!refuses() && !(current && current->stop_requested())) {
    ask();
    if (ready() && !destroyed()) return promise<shared_bytes>::resolved(owner(), take());
  }
  return with_promise<shared_bytes>(owner(), [this](auto done) { start(std::move(done)); });
}

void readable::read(callback_of<shared_bytes> done) {
  owner().assert_current();
  start(completion<shared_bytes>(owner(), std::move(done)));
}

void readable::start(completion<shared_bytes> done) {
  if (refuses()) {
    const error refused(std::make_error_code(std::errc::operation_in_progress), "read");
    return detail::reject_soon(std::move(done), refused);
  }
  reads_.add(std::move(done));
  if (reads_.empty()) return;  // its context has been stopped
  ask();
  if (ready() || destroyed()) wake_soon();
}

void readable::ask() {
  if (asked_ || ready() || destroyed()) return;
  asked_ = true;
  guarded([this] { on_read(); });
}

bool readable::push(shared_bytes chunk) {
  asked_ = false;
  if (destroyed() || no_more_) return false;
  if (!chunk.empty()) {
    if (!hold(chunk.size())) return false;
    chunks_.push(std::move(chunk));
  }
  changed();
  return buffered_ < mark_;
}

void readable::push_end() {
  asked_ = false;
  if (destroyed() || no_more_) return;
  no_more_ = true;
  changed();
}

shared_bytes readable::take() {
  if (chunks_.empty()) {
    ended_ = true;
    destroy();
    return {};
  }
  shared_bytes chunk = chunks_.pop();
  buffered_ -= chunk.size();
  return chunk;
}

void readable::wake() {
  if (reads_.empty()) return;
  if (destroyed() && !ended_) return reads_.reject_all(closed_reason());
  ask();
  if (!ready()) return;
  shared_bytes chunk = take();
  reads_.take().resolve(std::move(chunk));
}

}  // namespace trireme
