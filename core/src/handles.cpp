#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/loop.hpp>

namespace trireme {

bool timer::exists() const noexcept {
  if (!loop_) return false;
  loop_->assert_current();
  return loop_->internals().timers.current(slot_, generation_);
}
bool timer::active() const noexcept {
  if (!exists()) return false;
  const auto& node = loop_->internals().timers[slot_];
  return node.list != detail::timer_queue::none || node.repeats;
}
bool timer::has_ref() const noexcept { return exists() && loop_->internals().timers[slot_].referenced; }
void timer::clear() noexcept {
  if (exists()) loop_->internals().forget(slot_);
}
void timer::refresh() {
  if (!exists()) return;
  detail::loop_state& state = loop_->internals();
  state.timers.disarm(slot_);
  state.timers.arm(slot_, state.read_clock());
}
void timer::ref() noexcept {
  if (exists() && !std::exchange(loop_->internals().timers[slot_].referenced, true)) {
    ++loop_->internals().references;
  }
}
void timer::unref() noexcept {
  if (exists() && std::exchange(loop_->internals().timers[slot_].referenced, false)) {
    --loop_->internals().references;
  }
}

bool immediate::active() const noexcept {
  if (!loop_) return false;
  loop_->assert_current();
  return loop_->immediates_.find(number_);
}
bool immediate::has_ref() const noexcept { return active() && loop_->immediates_.find(number_)->referenced; }
void immediate::ref() noexcept {
  if (active()) loop_->immediates_.set_referenced(*loop_->immediates_.find(number_), true);
}
void immediate::unref() noexcept {
  if (active()) loop_->immediates_.set_referenced(*loop_->immediates_.find(number_), false);
}
void immediate::clear() noexcept {
  if (active()) loop_->immediates_.clear(*loop_->immediates_.find(number_));
}

void hook::clear() noexcept {
  if (!state_) return;
  if (state_->owner) state_->owner->assert_current();
  unref();
  state_->unlink();
  state_->owner = nullptr;
  state_.reset();
}
void hook::ref() noexcept {
  if (!state_ || !state_->owner) return;
  state_->owner->assert_current();
  if (!std::exchange(state_->referenced, true)) ++state_->owner->internals().references;
}
void hook::unref() noexcept {
  if (!state_ || !state_->owner) return;
  state_->owner->assert_current();
  if (std::exchange(state_->referenced, false)) --state_->owner->internals().references;
}

pending_work::pending_work(loop& owner) noexcept : loop_(&owner) {
  owner.assert_current();
  ++owner.internals().outside;
}
pending_work::~pending_work() {
  if (!loop_) return;
  loop_->assert_current();
  --loop_->internals().outside;
}

}  // namespace trireme
