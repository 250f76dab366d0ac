#include <trireme/actors/job_context.hpp>

#include <trireme/actors/detail/worker_locals.hpp>
#include <trireme/core/assert.hpp>
#include <trireme/core/error.hpp>

namespace trireme::actors {

std::stop_token job_context::token() {
  if (!source_.stop_possible()) {
    source_ = std::stop_source();
    const auto before = state_.fetch_or(has_token, std::memory_order_acq_rel);
    if (before & stopped) source_.request_stop();
  }
  return source_.get_token();
}

void job_context::check() const {
  if (stop_requested()) error(errc::canceled).raise();
}

std::size_t job_context::worker_index() const noexcept { return actors::worker_index(); }

bool job_context::request_stop() noexcept {
  const auto before = state_.fetch_or(stopped, std::memory_order_acq_rel);
  if (before & has_token) source_.request_stop();
  return (before & started) != 0;
}

std::size_t worker_index() noexcept {
  const detail::current_worker* const here = detail::this_worker();
  TRIREME_ASSERT(here);
  return here->index;
}

}  // namespace trireme::actors
