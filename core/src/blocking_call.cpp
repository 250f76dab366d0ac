#include <trireme/core/detail/blocking_call.hpp>

#include <trireme/core/detail/loop_state.hpp>

namespace trireme::detail {

namespace {

constinit thread_local const std::atomic<bool>* abandoned_here = nullptr;

}  // namespace

bool work_is_abandoned() noexcept {
  return abandoned_here && abandoned_here->load(std::memory_order_relaxed);
}

blocking_call::blocking_call(loop& owner) : loop_(owner), home_(owner.internals().incoming) {}

void blocking_call::begin(keeps_alive counts) {
  loop_.internals().kept.push_back(*this);
  if (counts == keeps_alive::yes) counts_ = pending_work(loop_);
  context_ = loop_.current();
  if (context_) context_->watch(*this);
}

void blocking_call::refuse(error reason) {
  answered_ = true;
  discard();
  deliver_soon(std::move(reason));
}

void blocking_call::arrived() {
  if (answered_) return;
  leave();  // the task still holds this
  deliver();
}

bool blocking_call::execute() noexcept {
  if (!claim()) return false;
  abandoned_here = &abandoned_;
  perform();
  abandoned_here = nullptr;
  return true;
}

posting blocking_call::send_home(std::unique_ptr<job>& task) {
  // Once it is pushed the loop may be done with it, and be gone itself, while this thread is still about to
  // wake it.
  const std::shared_ptr<inbox> home = home_;
  return home->push_always(task);
}

void blocking_call::on_stop(const error& reason) {
  take_back();
  deliver_soon(reason);
  leave();
}

/// Work that has begun is told.
void blocking_call::take_back() noexcept {
  if (claim()) {
    discard();
  } else {
    abandoned_.store(true, std::memory_order_relaxed);
  }
}

void blocking_call::drop() noexcept {
  take_back();
  forget_receiver();
  leave();
}

void blocking_call::leave() noexcept {
  answered_ = true;
  kept_work::unlink();
  stop_watch::unlink();
  counts_ = pending_work();
  context_ = {};
  release();
}

void blocking_call::release() noexcept {
  if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace trireme::detail
