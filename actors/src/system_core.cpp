#include <trireme/actors/detail/system_core.hpp>

#include <trireme/actors/actor_ref.hpp>
#include <trireme/core/assert.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

constexpr std::size_t letters_kept = 32;
constexpr std::array names{"full", "closed", "stopped", "late", "unheard"};

std::array<counter*, names.size()> counters_of(loop& owner) {
  std::array<counter*, names.size()> found{};
  for (std::size_t which = 0; which < found.size(); ++which) {
    found[which] = &owner.counters().get(std::string("actors.dead_letters.") + names[which]);
  }
  return found;
}

worker_host& host_of(const actor_system_options& options) noexcept {
  return options.host ? *options.host : thread_host();
}

}  // namespace

struct system_core::letters_job final : trireme::detail::job {
  letters_job(std::shared_ptr<system_core> whose, std::vector<dead_letter> what)
      : core(std::move(whose)), letters(std::move(what)) {}
  void run() override { core->letters_came(letters); }
  std::shared_ptr<system_core> core;
  std::vector<dead_letter> letters;
};

struct system_core::failure_job final : trireme::detail::job {
  failure_job(std::shared_ptr<system_core> whose, const address& actor, exit_reason reason)
      : core(std::move(whose)), which(actor), why(std::move(reason)) {}
  void run() override { core->failure_came(which, why); }
  std::shared_ptr<system_core> core;
  address which;
  exit_reason why;
};

struct system_core::end_job final : trireme::detail::job {
  explicit end_job(std::shared_ptr<system_core> whose) : core(std::move(whose)) {}
  void run() override { core->worker_ended(); }
  std::shared_ptr<system_core> core;
};

system_core::system_core(loop& owner, const actor_system_options& options)
    : loop_(owner),
      inbox_(owner.internals().incoming),
      turn_budget_(std::max<std::size_t>(options.turn_budget, 1)),
      mailbox_limit_(std::max<std::size_t>(options.mailbox_limit, 1)),
      threaded_(host_of(options).may_block()),
      time_(threaded_ ? steady_clock() : owner.internals().time),
      counts_(counters_of(owner)),
      restarts_(owner.counters().get("actors.restarts")) {}

system_core::~system_core() = default;

void system_core::start(worker_host& host, const actor_system_options& options) {
  const std::size_t wanted = std::max<std::size_t>(options.workers, 1);
  workers_.reserve(wanted);
  for (std::size_t index = 0; index < wanted; ++index) {
    workers_.push_back(std::make_unique<actor_worker>(*this, options.polling));
    closed_seen_.push_back(workers_.back()->office().closed.value());
  }
  for (std::size_t index = 0; index < wanted; ++index) {
    workers_[index]->start(host, options.name + "/" + std::to_string(index));
    ++running_;
  }
}

address system_core::reserve(const spawn_options& options) {
  loop_.assert_current();
  if (stopping_) return {};
  const std::size_t which = options.worker == spawn_options().worker ? next_worker_++ : options.worker;
  slot& place = workers_[which % workers_.size()]->office().shelf_of(true).take();
  place.set_limit(options.mailbox_limit ? options.mailbox_limit : mailbox_limit_);
  alive_.fetch_add(1);
  return {&place, place.generation.load()};
}

void system_core::stop() noexcept {
  loop_.assert_current();
  if (std::exchange(stopping_, true)) return;
  if (threaded_) work_ = pending_work(loop_);
  for (const auto& worker : workers_) worker->request_stop();
}

void system_core::detach() noexcept {
  TRIREME_ASSERT(!inbox_->closed());  // the loop outlives its actors
  attached_ = false;
  stop();
  join();
  work_ = pending_work();
  for (auto& done : std::exchange(stopped_, {})) {
    loop_.next_tick([done = std::move(done)]() mutable { done.resolve(); });
  }
}

void system_core::join() noexcept {
  for (const auto& worker : workers_) worker->join();
  count_closed();
  workers_.clear();
}

void system_core::stopped(completion<void> done) {
  loop_.assert_current();
  if (running_ > 0) return stopped_.push_back(std::move(done));
  loop_.next_tick([done = std::move(done)]() mutable { done.resolve(); });
}

void system_core::worker_ended() {
  --running_;
  count_closed();
  if (running_ > 0 || !attached_) return;
  join();
  work_ = pending_work();
  for (auto& done : std::exchange(stopped_, {})) done.resolve();
}

void system_core::send_home(std::unique_ptr<trireme::detail::job> work) noexcept {
  if (inbox_->push_always(work) != posting::posted) static_cast<void>(work.release());
}

void system_core::bring_dead_letters(std::vector<dead_letter> samples) {
  send_home(std::make_unique<letters_job>(shared_from_this(), std::move(samples)));
}

void system_core::bring_failure(const address& which, const exit_reason& why) {
  send_home(std::make_unique<failure_job>(shared_from_this(), which, why));
}

void system_core::bring_end() noexcept { send_home(std::make_unique<end_job>(shared_from_this())); }

void system_core::letters_came(const std::vector<dead_letter>& samples) {
  count_closed();
  report_under_way_.store(false);
  for (const auto& worker : workers_) worker->office().ring();  // one may have kept its samples
  for (const dead_letter& each : samples) {
    last_letters_.push_back(each);
    if (last_letters_.size() > letters_kept) last_letters_.pop_front();
    if (attached_ && on_dead_letter_) on_dead_letter_.call(loop_, each);
  }
}

void system_core::failure_came(const address& which, const exit_reason& why) {
  if (!attached_) return;
  if (on_failure_) {
    on_failure_.call(loop_, any_ref(which), why);
  } else {
    loop_.uncaught(why.failure());
  }
}

// What senders were told of at once, their worker has not heard of.
void system_core::count_closed() noexcept {
  for (std::size_t which = 0; which < workers_.size(); ++which) {
    const std::int64_t now = workers_[which]->office().closed.value();
    count_of(dead_letter_reason::closed).add(now - std::exchange(closed_seen_[which], now));
  }
}

dead_letter_report system_core::dead_letters() {
  loop_.assert_current();
  count_closed();
  const auto count = [this](dead_letter_reason why) {
    return static_cast<std::uint64_t>(count_of(why).value());
  };
  dead_letter_report made;
  made.full = count(dead_letter_reason::full);
  made.closed = count(dead_letter_reason::closed);
  made.stopped = count(dead_letter_reason::stopped);
  made.late = count(dead_letter_reason::late);
  made.unheard = count(dead_letter_reason::unheard);
  made.last.assign(last_letters_.begin(), last_letters_.end());
  return made;
}

}  // namespace trireme::actors::detail
