#include <trireme/core/detail/work_group.hpp>

namespace trireme::detail {

work_group::work_group(loop& owner, decides rule)
    : owner_(owner), context_(context::make(owner.current())), rule_(rule) {}

work_group::~work_group() {
  if (left_ > 0) context_->request_stop();
}

bool work_group::decided_by(const group_member& which) const noexcept {
  switch (rule_) {
    case decides::none:
      return false;
    case decides::first_failure:
      return which.failed();
    case decides::first_value:
      return !which.failed();
    case decides::first_end:
      return true;
  }
  return false;
}

void work_group::ended(const group_member& which) {
  --left_;
  const bool decided_now = !decisive_ && decided_by(which);
  if (decided_now) decisive_ = &which;
  if (left_ == 0) {
    if (joiner_) joiner_->wake_soon();
  } else if (decided_now) {
    context_->request_stop();  // runs what may destroy this
  }
}

void group_member::watch(settlement_base& outcome) {
  outcome_ = &outcome;
  outcome.attach(end_);
}

void group_member::fail(error reason) {
  failure_ = reason ? std::move(reason) : error(errc::failed);
  group_.spoil();
  wake_soon();
}

}  // namespace trireme::detail
