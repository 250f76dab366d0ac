#include <trireme/actors/detail/worker_core.hpp>

#include <trireme/core/assert.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <utility>

namespace trireme::actors::detail {

struct worker_core::failed_job final : trireme::detail::job {
  failed_job(std::shared_ptr<worker_core> whose, error what)
      : core(std::move(whose)), failure(std::move(what)) {}
  void run() override { core->failed(failure); }
  std::shared_ptr<worker_core> core;
  error failure;
};

struct worker_core::exited_job final : trireme::detail::job {
  exited_job(std::shared_ptr<worker_core> whose, int code) : core(std::move(whose)), exit_code(code) {}
  void run() override { core->has_exited(exit_code); }
  std::shared_ptr<worker_core> core;
  int exit_code;
};

worker_core::worker_core(loop& owner, const worker_options& options)
    : loop_(owner),
      name_(options.name),
      inbox_(owner.internals().incoming),
      full_(owner.counters().get("actors.worker.full")),
      dropped_(owner.counters().get("actors.worker.dropped")),
      home_(std::make_shared<worker_home>(options.mailbox_limit, options.polling)),
      unread_(options.outbox_limit) {}

posting worker_core::post_to_worker(std::unique_ptr<trireme::detail::job>& message) const {
  const posting outcome = home_->post(message);
  if (outcome == posting::full) full_.add();
  return outcome;
}

posting worker_core::post_to_loop(std::unique_ptr<trireme::detail::job>& message) const {
  posting outcome = posting::full;
  if (unread_.take()) {
    outcome = inbox_->push(message);
    if (outcome != posting::posted) unread_.withdraw();
  }
  if (outcome == posting::full) full_.add();
  return outcome;
}

void worker_core::start(worker_host* host) {
  loop_.assert_current();
  worker_host& on = host ? *host : thread_host();
  holds_clock_ = on.may_block();
  hold_ = loop_hold(loop_, holds_clock_);
  run_ = on.start(name_, *this);
}

void worker_core::terminate() noexcept {
  loop_.assert_current();
  stop_.request_stop();
  home_->close();
}

void worker_core::exited(completion<int> done) {
  loop_.assert_current();
  if (running()) return exits_.push_back(std::move(done));
  loop_.next_tick([code = exit_code_, done = std::move(done)]() mutable { done.resolve(code); });
}

void worker_core::detach() noexcept {
  TRIREME_ASSERT(!inbox_->closed());  // the loop outlives its workers
  attached_ = false;
  terminate();
  run_.reset();
  hold_ = loop_hold();
}

void worker_core::ref() {
  if (running()) hold_ = loop_hold(loop_, holds_clock_);
}

template <class Work>
void worker_core::work_here(Work&& work) noexcept {
  const at_home here(*home_);
  try {
    work();
    if (!listens() && !home_->referenced()) close(0);
  } catch (...) {
    failure_ = error::from(std::current_exception());
    close(1);
  }
}

void worker_core::close(int exit_code) noexcept {
  if (std::exchange(ended_, true)) return;
  exit_code_ = stop_.stop_requested() ? 1 : exit_code;
}

void worker_core::begin() {
  work_here([this] { set_up(); });
}

bool worker_core::step() {
  std::unique_ptr<trireme::detail::job> message = home_->next();
  if (!message) return false;
  work_here([&] {
    const auto read = std::move(message);
    read->run();
  });
  return true;
}

void worker_core::end() noexcept {
  const at_home here(*home_);
  home_->close();
  tear_down();
  dropped_.add(static_cast<std::int64_t>(home_->end()));
  const auto self = shared_from_this();
  std::unique_ptr<trireme::detail::job> last;
  if (failure_) {
    last = std::make_unique<failed_job>(self, failure_);
    static_cast<void>(inbox_->push_always(last));
  }
  last = std::make_unique<exited_job>(self, exit_code_);
  static_cast<void>(inbox_->push_always(last));
}

// Messages of threads that the worker had may be on their way still, and those that waited for their handler
// are read one in each turn.
bool worker_core::must_wait() const {
  return unread_.taken() > held() || (attached_ && reads() && held() > 0);
}

void worker_core::failed(const error& failure) {
  failure_waits_ = must_wait();
  if (failure_waits_) {
    loop_.set_immediate([self = shared_from_this(), failure] { self->failed(failure); });
    return;
  }
  if (!attached_) return;
  if (on_error_) {
    on_error_.call(loop_, failure);
  } else {
    loop_.uncaught(failure);
  }
}

void worker_core::has_exited(int exit_code) {
  if (failure_waits_ || must_wait()) {
    loop_.set_immediate([self = shared_from_this(), exit_code] { self->has_exited(exit_code); });
    return;
  }
  run_.reset();
  hold_ = loop_hold();
  for (auto& done : std::exchange(exits_, {})) done.resolve(exit_code);
  if (attached_ && on_exit_) on_exit_.call(loop_, exit_code);
}

}  // namespace trireme::actors::detail
