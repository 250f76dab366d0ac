#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/detail/settlement.hpp>
#include <trireme/core/detail/task_promise.hpp>

namespace trireme::detail {

namespace {

/// A failure whose promise or task has gone before anybody was told.
struct orphan final : rejection {
  explicit orphan(error reason) : failure(std::move(reason)) {}
  error take_unhandled() override {
    error taken = std::move(failure);
    delete this;
    return taken;
  }
  error failure;
};

}  // namespace

settlement_base::~settlement_base() {
  TRIREME_DEBUG_ASSERT(waiting_.empty());
  if (linked()) (new orphan(std::move(*failure_)))->insert_before(*this);
}

const error& settlement_base::failure() const noexcept {
  static const error none;
  return failure_ ? *failure_ : none;
}

void settlement_base::attach(reaction& waiting) {
  loop_.assert_current();
  taken_ = true;
  unlink();
  if (open()) {
    waiting_.push_back(waiting);
  } else {
    waiting.settled();
  }
}

void settlement_base::settle() {
  loop_.assert_current();
  standing_ = failure_ ? standing::failed : standing::fulfilled;
  list<reaction> told;
  told.splice(waiting_);
  while (!told.empty()) told.pop_front().settled();  // the last may destroy this
}

void settlement_base::report_untaken() {
  if (failed() && !taken_) loop_.internals().rejections.push_back(*this);
}

error settlement_base::take_unhandled() {
  unlink();
  taken_ = true;
  return *failure_;
}

void keep_with_loop(loop& owner, kept_work& work) noexcept {
  owner.assert_current();
  owner.internals().kept.push_back(work);
}

}  // namespace trireme::detail
