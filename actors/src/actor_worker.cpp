#include <trireme/actors/detail/actor_worker.hpp>

#include <algorithm>
#include <thread>
#include <trireme/actors/detail/actor_messages.hpp>
#include <trireme/actors/detail/relations.hpp>
#include <trireme/actors/detail/system_core.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

constinit thread_local actor_worker* current = nullptr;

std::unique_ptr<envelope> as_envelope(std::unique_ptr<trireme::detail::job>& letter) noexcept {
  return std::unique_ptr<envelope>(static_cast<envelope*>(letter.release()));
}

}  // namespace

/// Where steps run on the loop's thread, the worker is there only while it runs.
class actor_worker::as_here {
public:
  explicit as_here(actor_worker& worker) noexcept : before_(std::exchange(current, &worker)) {}
  as_here(const as_here&) = delete;
  as_here& operator=(const as_here&) = delete;
  ~as_here() { current = before_; }

private:
  actor_worker* const before_;
};

actor_worker* actor_worker::here() noexcept { return current; }

actor_worker::actor_worker(system_core& owner, polling how)
    : owner_(owner), office_(post_office::open()), time_(owner.time()), looking_(how) {
  office_.full = &owner.count_of(dead_letter_reason::full);
}

actor_worker::~actor_worker() {
  request_stop();
  join();
  alarm_.clear();
  office_.close();
}

void actor_worker::start(worker_host& host, const std::string& name) { run_ = host.start(name, *this); }

void actor_worker::request_stop() noexcept {
  stop_.store(true);
  office_.ring();
}

bool actor_worker::step() {
  const as_here guard(*this);
  bool any = fetch();
  any = fire_timers() || any;
  any = deliver_control() || any;
  any = give_turn() || any;
  report_dead_letters();
  if (!owner_.threaded()) set_alarm();
  return any;
}

void actor_worker::wait() noexcept {
  const auto nothing_waits = [this] {
    return office_.empty() && !stop_.load() && (sampled_ == 0 || owner_.report_under_way());
  };
  const auto left = [this]() -> std::optional<duration> {
    if (const auto next = timers_.next_deadline()) return *next - time_.now();
    return std::nullopt;
  };
  if (looking_.find([&] { return !nothing_waits(); }, left().value_or(duration::max()))) return;
  trireme::detail::bell& bell = office_.bell();
  if (bell.about_to_sleep(nothing_waits)) bell.wait(left());  // looking took its time
}

// What is sent from an actor that was born before, on another thread, must find it born: births come first.
bool actor_worker::fetch() {
  if (office_.empty()) return false;
  const std::size_t count = office_.fetch_users(arrived_.data(), arrived_.size());
  const bool any = fetch_control();
  for (std::size_t which = 0; which < count; ++which) enqueue(as_envelope(arrived_[which]));
  return any || count > 0;
}

bool actor_worker::fetch_control() {
  bool any = false;
  while (std::unique_ptr<envelope> letter = office_.fetch_control()) {
    any = true;
    if (letter->gives_birth() && ended_) {
      clear(letter->to(), exit_reason::kind::stopped);
    } else if (letter->gives_birth()) {
      bear(std::unique_ptr<birth>(static_cast<birth*>(letter.release())));
    } else {
      control_.push(std::move(letter));
    }
  }
  return any;
}

void actor_worker::enqueue(std::unique_ptr<envelope> message) {
  const address& to = message->to();
  if (!to.where->actor) fetch_control();  // told before we have heard that it is to be born
  if (!to.lives()) {
    to.where->give_place_back();
    return bury(std::move(message), dead_letter_reason::closed);
  }
  cell& receiver = *to.where->actor;
  receiver.mail_.push(std::move(message));
  make_ready(receiver);
}

bool actor_worker::enqueue_control(std::unique_ptr<envelope>& message) noexcept {
  if (!message->to().lives()) return false;
  control_.push(std::move(message));
  return true;
}

void actor_worker::make_ready(cell& actor) noexcept {
  if (!actor.vacant_ && !actor.link_.linked() && &actor != running_) ready_.push_back(actor.link_);
}

bool actor_worker::deliver_control() {
  if (control_.empty()) return false;
  envelope_list arrived(std::move(control_));  // what comes meanwhile is for the next step
  while (!arrived.empty()) {
    std::unique_ptr<envelope> letter = arrived.pop();
    envelope& message = *letter;
    if (!message.to().lives()) {
      bury(std::move(letter), dead_letter_reason::closed);  // an answer: nothing else was said by control
      continue;
    }
    cell& actor = *message.to().where->actor;
    if (!message.runs_code()) {
      message.deliver(std::move(letter), actor);
      continue;
    }
    run_as(actor, [&] { message.deliver(std::move(letter), actor); });
    if (letter) bury(std::move(letter), dead_letter_reason::late);  // `on_start` has ended the actor
  }
  return true;
}

bool actor_worker::give_turn() {
  if (ready_.empty()) return false;
  take_turn(ready_.front().owner);
  return true;
}

void actor_worker::take_turn(cell& actor) {
  run_as(actor, [&] {
    for (std::size_t left = owner_.turn_budget(); left > 0 && !actor.mail_.empty() && !ending_; --left) {
      deliver_one(actor);
    }
  });
}

void actor_worker::deliver_one(cell& actor) {
  std::unique_ptr<envelope> letter = actor.mail_.pop();
  actor.slot_.give_place_back();
  envelope& message = *letter;
  message.deliver(std::move(letter), actor);
}

// With mail the actor is among the ready when this returns, at their end.
template <class Work>
void actor_worker::run_as(cell& actor, Work&& work) {
  actor.link_.unlink();
  running_ = &actor;
  try {
    if (!std::exchange(actor.started_, true)) actor.on_start();
    if (!ending_) work();
  } catch (...) {
    ending_ = exit_reason::failed(error::from(std::current_exception()));
  }
  running_ = nullptr;
  if (ending_) return ended(actor, *std::exchange(ending_, std::nullopt));
  if (!actor.mail_.empty()) make_ready(actor);
}

void actor_worker::report_dead_letters() {
  if (sampled_ == 0 || !owner_.report_may_go()) return;
  owner_.bring_dead_letters({samples_.begin(), samples_.begin() + sampled_});
  sampled_ = 0;
}

void actor_worker::end() noexcept {
  const as_here guard(*this);
  ended_ = true;
  fetch_control();
  while (!ready_.empty()) finish(topmost(ready_.front().owner), exit_reason::kind::stopped);
  finish_all(office_.shelf_of(true));
  finish_all(office_.shelf_of(false));
  drain_office();
  report_dead_letters();
  owner_.bring_end();
}

void actor_worker::finish_all(slot_shelf& shelf) {
  shelf.for_each([this](const slot& which) {
    while (which.actor) finish(topmost(*which.actor), exit_reason::kind::stopped);
  });
}

cell& actor_worker::topmost(cell& actor) noexcept {
  cell* found = &actor;
  while (found->relations_ && found->relations_->supervisor.lives())
    found = found->relations_->supervisor.where->actor;
  return *found;
}

// Nobody lives here any more; who was faster than that has its message on the way, and it will come.
void actor_worker::drain_office() noexcept {
  const auto drain = [this] {
    fetch();
    while (!control_.empty()) bury(control_.pop(), dead_letter_reason::closed);
    std::this_thread::yield();
  };
  const auto empty = [&](const slot& which) {
    while (which.waiting.load() > 0) drain();
  };
  drain();
  office_.shelf_of(true).for_each(empty);
  office_.shelf_of(false).for_each(empty);
  while (!office_.control_quiet() || !control_.empty()) drain();
}

}  // namespace trireme::actors::detail
