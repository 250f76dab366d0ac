#include <trireme/core/detail/assert_callable.hpp>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/remote_loop.hpp>

namespace trireme {

namespace detail {

posting inbox::post(unique_function<void()>& call) {
  assert_callable(call);
  letter sent{nullptr, std::move(call)};
  const posting outcome = letters_.push(sent);
  if (outcome != posting::posted) call = std::move(sent.call);
  if (outcome == posting::full) refused_->add();
  return outcome;
}

posting inbox::push(std::unique_ptr<job>& work) {
  letter sent{std::move(work), {}};
  const posting outcome = letters_.push(sent);
  if (outcome != posting::posted) work = std::move(sent.work);
  return outcome;
}

posting inbox::push_always(std::unique_ptr<job>& work) {
  letter sent{std::move(work), {}};
  const posting outcome = letters_.push_always(sent);
  if (outcome != posting::posted) work = std::move(sent.work);
  return outcome;
}

letter* inbox::next() noexcept {
  if (opened_ == fetched_) {
    opened_ = 0;
    fetched_ = letters_.pop_many(desk_.data(), desk_.size());
  }
  return opened_ == fetched_ ? nullptr : &desk_[opened_++];
}

}  // namespace detail

posting remote_loop::post(unique_function<void()>& work) const {
  return inbox_ ? inbox_->post(work) : posting::closed;
}

}  // namespace trireme
