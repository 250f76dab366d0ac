#include <trireme/actors/pool.hpp>

#include <utility>

namespace trireme::actors {

pool::pool(loop& owner, const pool_options& options)
    : pool(std::make_shared<detail::pool_core>(owner, options)) {
  core_->start();  // what throws here leaves a pool to be destroyed
}
pool::pool(std::shared_ptr<detail::pool_core> core) : pool_verbs(*core), kept_(std::move(core)) {}
pool::~pool() { kept_->shut_down(); }

void pool::close() noexcept { core_->close(); }
promise<void> pool::drained() {
  return with_promise<void>(owner(), [this](completion<void> done) { core_->drained(std::move(done)); });
}
void pool::drained(callback_of<void> done) { core_->drained(completion<void>(owner(), std::move(done))); }
promise<void> pool::room() {
  return with_promise<void>(owner(), [this](completion<void> done) { core_->room(std::move(done)); });
}
void pool::room(callback_of<void> done) { core_->room(completion<void>(owner(), std::move(done))); }
void pool::on_ignored_stop(unique_function<void(const ignored_stop&)> handler) {
  core_->on_ignored_stop(std::move(handler));
}

std::size_t pool::workers() const noexcept { return core_->running(); }
std::size_t pool::outstanding() const noexcept { return core_->outstanding(); }
std::size_t pool::waiting(priority which) const noexcept { return core_->waiting(which); }
const job_times& pool::times() const noexcept { return core_->times(); }
const job_times* pool::times(const char* name) const noexcept { return core_->times(name); }

detail::job_record* job_handle::record() const noexcept {
  detail::pool_core* const core = pool_.core();
  return core ? core->find(number_, generation_) : nullptr;
}
void job_handle::cancel(error reason) const {
  if (detail::job_record* const job = record()) job->pool.cancel(*job, reason);
}
bool job_handle::active() const noexcept { return record() != nullptr; }

}  // namespace trireme::actors
