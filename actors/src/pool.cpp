#include <trireme/actors/pool.hpp>

namespace trireme::actors {

pool::pool(loop& owner, const pool_options& options)
    : state_(std::make_unique<detail::pool_state>(owner, options)) {}
pool::~pool() = default;

void pool::close() noexcept { state_->close(); }
promise<void> pool::drained() { return state_->drained(); }
std::size_t pool::workers() const noexcept { return state_->workers(); }
std::size_t pool::outstanding() const noexcept { return state_->outstanding(); }

void job_handle::cancel(error reason) const {
  if (detail::pool_job* const job = owner_ ? owner_->find(slot_, generation_) : nullptr) job->cancel(reason);
}
bool job_handle::active() const noexcept { return owner_ && owner_->find(slot_, generation_); }

}  // namespace trireme::actors
