#include <trireme/actors/detail/pool_core.hpp>
#include <trireme/actors/detail/pool_job.hpp>

#include <trireme/core/unique_function.hpp>

namespace trireme::actors::detail {

const context_ptr& pool_job::context() const noexcept {
  static const context_ptr none;
  return record_ ? record_->context : none;
}
bool pool_job::stopped() const noexcept { return !record_ || record_->asked_to_stop; }

void job_record::stopped::on_stop(const error& reason) { self.pool.cancel(self, reason); }

std::string job_kind::name() const { return given_name ? given_name : trireme::detail::type_name(type); }

void job_kind::took(duration run) noexcept {
  doubtful = known() && !doubtful && run > 4 * usual + std::chrono::microseconds(1);
  if (!doubtful) usual = known() ? usual + (run - usual) / 8 : run;
}

}  // namespace trireme::actors::detail
