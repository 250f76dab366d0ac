#include <trireme/actors/actor_system.hpp>

#include <trireme/core/detail/loop_state.hpp>

namespace trireme::actors {

actor_system::actor_system(loop& owner, const actor_system_options& options)
    : core_(std::make_shared<detail::system_core>(owner, options)) {
  owner.assert_current();
  try {
    core_->start(options.host ? *options.host : thread_host(), options);
  } catch (...) {
    core_->detach();
    throw;
  }
}

actor_system::~actor_system() { core_->detach(); }

promise<void> actor_system::stopped() {
  return with_promise<void>(owner(), [this](completion<void> done) { core_->stopped(std::move(done)); });
}
void actor_system::stopped(callback_of<void> done) {
  core_->stopped(completion<void>(owner(), std::move(done)));
}

error actor_system::refusal() const {
  const context_ptr& current = owner().current();
  return current && current->stop_requested() ? current->stop_reason() : error();
}

}  // namespace trireme::actors
