#include <trireme/core/loop.hpp>

#include <fcntl.h>

#include <algorithm>
#include <trireme/core/assert.hpp>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/detail/this_loop.hpp>
#include <trireme/core/log.hpp>

#include "inbox_watch.hpp"
#include "reactor.hpp"
#include "signal_watcher.hpp"

namespace trireme {

namespace {

class real_clock final : public clock {
public:
  time_point now() override { return std::chrono::steady_clock::now(); }
};

struct posted_callback final : detail::job {
  explicit posted_callback(callback&& work) : work_(std::move(work)) {}
  void run() override { work_(); }
  callback work_;
};

posting post_to(detail::inbox& target, callback& work) {
  auto made = std::make_unique<posted_callback>(std::move(work));
  posted_callback& inside = *made;
  std::unique_ptr<detail::job> job = std::move(made);
  const posting outcome = target.push(job);
  if (outcome != posting::posted) work = std::move(inside.work_);
  return outcome;
}

}  // namespace

clock& steady_clock() {
  static real_clock shared;
  return shared;
}

detail::inbox_watch::inbox_watch(loop& owner, int wake)
    : descriptor_(owner, ::fcntl(wake, F_DUPFD_CLOEXEC, 0), *this) {
  descriptor_.unref();
}

loop::loop(loop_options options)
    : now_(options.clock->now()), state_(std::make_unique<detail::loop_state>(*this, options)) {
  detail::set_current_loop(this);
  state_->incoming_watch = std::make_unique<detail::inbox_watch>(*this, state_->incoming->native_handle());
}

loop::~loop() {
  assert_current();
  detail::loop_state& state = *state_;
  state.stopping = true;
  state.incoming->close();
  // Whatever waits may hold objects that use the loop as they go: it is whole until the last of them has
  // gone.
  while (state.incoming->size() > 0) state.incoming->pop();
  state.forget_everything();
  if (detail::current_loop() == this) detail::set_current_loop(nullptr);
}

int loop::run() {
  state_->thread = std::this_thread::get_id();
  detail::set_current_loop(this);
  now_ = state_->time.now();
  state_->stopping = false;
  state_->exit_code = 0;
  drain();
  state_->run_due_timers();
  while (!state_->stopping && alive()) turn(true);
  return state_->exit_code;
}

bool loop::run_once() {
  assert_current();
  state_->stopping = false;
  drain();
  if (alive()) turn(true);
  return alive();
}

bool loop::poll() {
  assert_current();
  state_->stopping = false;
  drain();
  turn(false);
  return alive();
}

void loop::turn(bool may_wait) {
  detail::loop_state& state = *state_;
  state.run_queue(state.pending);
  state.run_flushes();
  state.poll_phase(may_wait);
  state.run_immediates();
  state.run_queue(state.closing);
  now_ = state.time.now();
  state.run_due_timers();
}

void loop::stop(int exit_code) noexcept {
  state_->stopping = true;
  state_->exit_code = exit_code;
}

bool loop::alive() const {
  const detail::loop_state& state = *state_;
  return state.references > 0 || state.outside > 0 || state.immediates_alive > 0 || !state.pending.empty() ||
         !state.closing.empty() || !state.flushes.empty() || !ticks_.empty() || !microtasks_.empty() ||
         state.incoming->size() > 0 || state.io->has_foreign_work();
}

timer loop::set_timeout(duration delay, callback work) {
  return state_->add_timer(std::max(delay, duration::zero()), false, std::move(work));
}

timer loop::set_interval(duration period, callback work) {
  return state_->add_timer(std::max(period, duration{1}), true, std::move(work));
}

immediate loop::set_immediate(callback work) {
  assert_current();
  const std::uint64_t number = state_->next_immediate++;
  state_->immediates.push_back({number, std::move(work), context_});
  ++state_->immediates_alive;
  return immediate(number);
}

void loop::clear_immediate(immediate which) noexcept { state_->clear_immediate(which.number_); }

void loop::defer_pending(callback work) { state_->pending.push(std::move(work), context_); }
void loop::defer_close(callback work) { state_->closing.push(std::move(work), context_); }

posting loop::post(callback& work) const { return post_to(*state_->incoming, work); }
remote_loop loop::remote() const { return remote_loop(state_->incoming); }
posting remote_loop::post(callback& work) const { return inbox_ ? post_to(*inbox_, work) : posting::closed; }

void loop::drain() {
  if (ticks_.empty() && microtasks_.empty() && state_->rejections.empty()) return;
  drain_slow();
}

void loop::drain_slow() {
  detail::loop_state& state = *state_;
  if (std::exchange(state.draining, true)) return;
  const auto run_all = [&](detail::callback_queue& queue) {
    while (!queue.empty() && !state.stopping) {
      auto& slot = queue.front();
      context_ = slot.context;
      state.guarded(slot.run);
      queue.pop();
    }
  };
  do {
    run_all(ticks_);
    run_all(microtasks_);
    if (ticks_.empty() && microtasks_.empty()) state.report_rejections();
  } while (!state.stopping && !(ticks_.empty() && microtasks_.empty()));
  context_ = {};
  state.draining = false;
}

void loop::on_uncaught(unique_function<void(const error&)> handler) {
  using kept = unique_function<void(const error&)>;
  state_->uncaught_handler = handler ? std::make_shared<kept>(std::move(handler)) : nullptr;
}

void loop::uncaught(const error& failure) {
  if (const auto handler = state_->uncaught_handler) {  // it may replace itself
    try {
      return (*handler)(failure);
    } catch (...) {
      log(log_level::error, "on_uncaught threw: " + error::from(std::current_exception()).message());
    }
  } else {
    log(log_level::error, "uncaught: " + failure.message());
  }
  stop(1);
}

void loop::on_signal(int number, callback work) {
  assert_current();
  if (!state_->signals) state_->signals = std::make_unique<detail::signal_watcher>(*this);
  state_->signals->set(number, std::move(work));
}

void loop::assert_current() const noexcept {
  TRIREME_DEBUG_ASSERT(state_->thread == std::this_thread::get_id());
}

asio::io_context& loop::context() noexcept { return state_->io->context(); }

bool timer::active() const noexcept { return loop_ && loop_->internals().timers.current(slot_, generation_); }
void timer::clear() noexcept {
  if (active()) loop_->internals().forget(slot_);
}
void timer::refresh() {
  if (!active()) return;
  auto& timers = loop_->internals().timers;
  timers.disarm(slot_);
  timers.arm(slot_, loop_->now());
}
void timer::ref() noexcept {
  if (active() && !std::exchange(loop_->internals().timers[slot_].referenced, true)) {
    ++loop_->internals().references;
  }
}
void timer::unref() noexcept {
  if (active() && std::exchange(loop_->internals().timers[slot_].referenced, false)) {
    --loop_->internals().references;
  }
}

pending_work::pending_work(loop& owner) noexcept : loop_(&owner) { ++owner.internals().outside; }
pending_work::~pending_work() {
  if (loop_) --loop_->internals().outside;
}

}  // namespace trireme
