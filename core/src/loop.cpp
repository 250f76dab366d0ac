#include <trireme/core/loop.hpp>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <trireme/core/assert.hpp>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/detail/this_loop.hpp>

#include "inbox_watch.hpp"
#include "reactor.hpp"
#include "signal_watcher.hpp"

namespace trireme {

namespace {

class real_clock final : public clock {
public:
  time_point now() override { return std::chrono::steady_clock::now(); }
};

}  // namespace

clock& steady_clock() {
  static real_clock shared;
  return shared;
}

static int duplicate(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw error::from_errno(errno, "dup");
  return copy;
}

detail::inbox_watch::inbox_watch(loop& owner, int wake) : descriptor_(owner, duplicate(wake), *this) {
  descriptor_.unref();
}

loop::loop(loop_options options)
    : now_(options.clock->now()), state_(std::make_unique<detail::loop_state>(*this, options)) {
  state_->incoming_watch = std::make_unique<detail::inbox_watch>(*this, state_->incoming->native_handle());
  detail::enter_thread(*this);
}

loop::~loop() {
  assert_current();
  detail::loop_state& state = *state_;
  TRIREME_ASSERT(!state.turning);
  state.stopping = true;
  state.incoming->close();
  // Whatever waits may hold objects that use the loop as they go: it is whole until the last of them has
  // gone.
  while (state.incoming->size() > 0) {
    if (auto* const left = state.incoming->next()) state.incoming->drop(left);
  }
  state.forget_everything();
  detail::leave_thread(*this);
}

void loop::stop() noexcept {
  assert_current();
  state_->stopping = true;
}
void loop::stop(int exit_code) noexcept {
  assert_current();
  state_->stopping = true;
  state_->exit_code = exit_code;
}
void loop::set_exit_code(int exit_code) noexcept {
  assert_current();
  state_->exit_code = exit_code;
}

bool loop::alive() const {
  assert_current();
  const detail::loop_state& state = *state_;
  return state.references > 0 || state.outside > 0 || immediates_.referenced() > 0 ||
         !state.pending.empty() || !state.closing.empty() || !state.flushes.empty() || !ticks_.empty() ||
         !microtasks_.empty() || !state.incoming->empty() || state.io->has_foreign_work();
}

bool loop::running() const noexcept { return state_->turning; }
int loop::native_handle() const noexcept { return state_->io->native_handle(); }

duration loop::prepare_wait() {
  assert_current();
  detail::loop_state& state = *state_;
  if (state.sleeps_outside) state.awake_outside();
  if (state.something_waits()) return duration::zero();
  const duration wait = state.time_to_wait();
  return wait != duration::zero() && state.about_to_sleep_outside() ? wait : duration::zero();
}

void loop::read_clock() const noexcept { state_->read_clock(); }

timer loop::set_timeout(duration delay, callback work) {
  return state_->add_timer(std::max(delay, duration::zero()), false, std::move(work));
}

timer loop::set_interval(duration period, callback work) {
  return state_->add_timer(std::max(period, duration{1}), true, std::move(work));
}

void loop::defer_pending(callback work) {
  assert_current();
  state_->pending.push(std::move(work), context_);
}
void loop::defer_close(callback work) {
  assert_current();
  state_->closing.push(std::move(work), context_);
}

posting loop::post(callback& work) const { return state_->incoming->post(work); }
remote_loop loop::remote() const { return remote_loop(state_->incoming); }

hook loop::on_prepare(callback work) { return state_->add_hook(state_->prepare_hooks, std::move(work)); }
hook loop::on_idle(callback work) { return state_->add_hook(state_->idle_hooks, std::move(work)); }
hook loop::on_check(callback work) { return state_->add_hook(state_->check_hooks, std::move(work)); }

void loop::on_phase(unique_function<void(phase)> watcher) {
  assert_current();
  using kept = unique_function<void(phase)>;
  state_->phase_watcher = watcher ? std::make_shared<kept>(std::move(watcher)) : nullptr;
}

void loop::on_before_exit(callback handler) {
  assert_current();
  state_->before_exit_handler = handler ? std::make_shared<callback>(std::move(handler)) : nullptr;
}

std::size_t loop::waiting(queue which) const noexcept {
  assert_current();
  switch (which) {
    case queue::ticks:
      return ticks_.size();
    case queue::microtasks:
      return microtasks_.size();
    case queue::timers:
      return state_->timers.used();
    case queue::immediates:
      return immediates_.alive();
    case queue::pending:
      return state_->pending.size();
    case queue::closing:
      return state_->closing.size();
    case queue::inbox:
      return state_->incoming->size();
  }
  return 0;
}

void loop::drain() {
  if (ticks_.empty() && microtasks_.empty() && state_->rejections.empty()) return;
  state_->drain();
}

hook loop::on_signal(int number, callback work) {
  assert_current();
  if (!state_->signals) state_->signals = std::make_unique<detail::signal_watcher>(*this);
  return state_->signals->add(number, std::move(work));
}

// Always here: a debug build may use a library that was built for release.
void loop::assert_thread() const noexcept { TRIREME_ASSERT(state_->on_its_thread()); }

asio::io_context& loop::context() noexcept { return state_->io->context(); }

}  // namespace trireme
