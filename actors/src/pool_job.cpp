#include <trireme/actors/detail/pool_job.hpp>

#include <trireme/actors/detail/pool_state.hpp>
#include <utility>

namespace trireme::actors::detail {

pool_job::pool_job(loop& owner) : loop_(owner), context_(owner.current()) {}

void pool_job::execute() noexcept {
  if (control_.claim()) perform();
}

void pool_job::run() {
  if (pool_) pool_->leave(*this);
  if (answered_) return;
  unlink();
  answered_ = true;
  if (stop_reason_) {
    answer_error(stop_reason_);
  } else {
    answer();
  }
}

void pool_job::cancel(const error& reason) {
  if (answered_ || stop_reason_) return;
  stop_reason_ = reason ? reason : error(errc::canceled);
  unlink();
  if (control_.request_stop()) {
    stopped_while_running();
    return;
  }
  answered_ = true;  // no worker will claim it: function and receiver are the loop's
  discard();
  answer_error_soon(stop_reason_);
  if (pool_) pool_->answered(*this);
}

void pool_job::refuse(const error& reason) {
  answered_ = true;
  answer_error_soon(reason);
}

}  // namespace trireme::actors::detail
