// How actors come to a worker, and how they go.
#include <trireme/actors/detail/actor_worker.hpp>
#include <trireme/actors/detail/notice.hpp>
#include <trireme/actors/detail/relations.hpp>
#include <trireme/actors/detail/system_core.hpp>
#include <trireme/core/assert.hpp>
#include <trireme/core/log.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

/// Keeps a child's place, its mail and those who know it, between two of its lives.
class vacancy final : public cell {
  void on_link_down(const any_ref&, const exit_reason&) override {}  // it is no life that could end
};

}  // namespace

/// The code of an actor that is made, or ends, runs within that of another: its end is its own.
class actor_worker::interlude {
public:
  interlude(actor_worker& worker, cell* actor) noexcept
      : worker_(worker),
        running_(std::exchange(worker.running_, actor)),
        ending_(std::exchange(worker.ending_, std::nullopt)) {}
  interlude(const interlude&) = delete;
  interlude& operator=(const interlude&) = delete;
  ~interlude() {
    worker_.running_ = running_;
    worker_.ending_ = std::move(ending_);
  }

private:
  actor_worker& worker_;
  cell* const running_;
  std::optional<exit_reason> ending_;
};

address actor_worker::reserve(std::size_t limit) {
  if (ended_) return {};
  slot& place = office_.shelf_of(false).take();
  place.set_limit(limit ? limit : owner_.mailbox_limit());
  owner_.alive().fetch_add(1);
  return {&place, place.generation.load()};
}

slot& actor_worker::claim_cradle(cell& born) noexcept {
  TRIREME_ASSERT(cradle_);  // an actor is made by `spawn` alone
  cradle_->actor = &born;
  return *std::exchange(cradle_, nullptr);
}

void actor_worker::forget(cell& gone) noexcept {
  if (gone.relations_) {
    for (const std::uint64_t timer : gone.relations_->timers) disarm(timer);
  }
  while (!gone.mail_.empty()) {
    gone.slot_.give_place_back();
    bury(gone.mail_.pop(), dead_letter_reason::stopped);
  }
  if (gone.slot_.actor == &gone) gone.slot_.actor = nullptr;
  left_ = std::move(gone.relations_);
}

/// Null where its constructor throws; then, and where it stops itself at once, `why` says so.
cell* actor_worker::make(std::unique_ptr<birth> what, std::optional<exit_reason>& why) {
  const interlude guard(*this, nullptr);
  cradle_ = what->to().where;
  const bool starts = what->starts();
  cell* born = nullptr;
  try {
    born = birth::become(std::move(what));
    born->started_ = !starts;
    why = ending_;
  } catch (...) {
    why = exit_reason::failed(error::from(std::current_exception()));
  }
  cradle_ = nullptr;
  return born;
}

void actor_worker::bear(std::unique_ptr<birth> what) {
  const address place = what->to();
  std::optional<exit_reason> why;
  cell* const born = make(std::move(what), why);
  if (!born) return clear(place, *why);
  if (why) return finish(*born, *why);
  if (!born->started_) make_ready(*born);
}

void actor_worker::end_current(exit_reason why) noexcept {
  if (!ending_) ending_ = std::move(why);
}

void actor_worker::say_goodbye(cell& actor, const exit_reason& why) {
  const interlude guard(*this, &actor);
  try {
    actor.on_exit(why);
  } catch (...) {
    log(log_level::error, "actor: on_exit: " + error::from(std::current_exception()).message());
  }
}

void actor_worker::ended(cell& actor, const exit_reason& why) {
  if (ended_ || actor.vacant_ || !actor.relations_ || !actor.relations_->supervisor.where) {
    return finish(actor, why);
  }
  const address supervisor = actor.relations_->supervisor;
  const std::uint64_t child = actor.relations_->child;
  vacate(actor, why);
  post_control(make_notice(supervisor, [child, why](cell& its) { its.on_child_ended(child, why); }));
}

// From here on senders are told that it has gone; then it hears of its end itself.
void actor_worker::finish(cell& actor, const exit_reason& why) {
  const address which = actor.own_address();
  actor.link_.unlink();
  leave(*which.where);
  if (!actor.vacant_) say_goodbye(actor, why);
  {
    const interlude guard(*this, nullptr);
    destroy(actor);
  }
  clear(which, why);
}

// What the handlers of its questions refer to is still there when they go.
void actor_worker::destroy(cell& actor) {
  if (actor.relations_) std::exchange(actor.relations_->questions, {}).clear();
  delete &actor;
}

void actor_worker::leave(slot& place) noexcept {
  const std::uint32_t next = place.generation.load() + 1;
  place.generation.store(next == 0 ? 1 : next);
}

void actor_worker::clear(const address& which, const exit_reason& why) {
  if (which.lives()) leave(*which.where);
  const std::unique_ptr<relations> left = std::move(left_);
  if (left) tell_of_end(which, why, *left);
  if (why == exit_reason::kind::failed && !(left && left->watched())) owner_.bring_failure(which, why);
  owner_.alive().fetch_sub(1);
  office_.shelf_of(which.where->of_the_loop).give_back(*which.where);
}

cell& actor_worker::make_vacancy(slot& place) {
  cradle_ = &place;
  auto* const made = new vacancy;
  made->vacant_ = made->started_ = true;
  return *made;
}

address actor_worker::reserve_for_child(const address& supervisor, std::uint64_t child) {
  const address place = reserve(0);
  if (!place.where) return {};
  relations& its = make_vacancy(*place.where).related();
  its.supervisor = supervisor;
  its.child = child;
  return place;
}

void actor_worker::vacate(cell& actor, const exit_reason& why) {
  actor.link_.unlink();
  say_goodbye(actor, why);
  cell& empty = make_vacancy(actor.slot_);
  empty.mail_.put_in_front(actor.mail_);
  empty.related().take_over(actor.related());
  const interlude guard(*this, nullptr);
  const address which = actor.own_address();
  destroy(actor);
  if (const std::unique_ptr<relations> left = std::move(left_)) tell_of_end(which, why, *left);
}

std::optional<exit_reason> actor_worker::revive(std::unique_ptr<birth> what) {
  const address place = what->to();
  cell& empty = *place.where->actor;
  std::optional<exit_reason> why;
  cell* const born = make(std::move(what), why);
  if (!born) {
    place.where->actor = &empty;
    if (left_) empty.related().take_known(*left_);
    if (const auto left = std::move(left_)) tell_of_end(place, *why, *left);
    return why;
  }
  born->mail_.put_in_front(empty.mail_);
  born->related().take_over(*empty.relations_);
  delete &empty;
  if (why) {
    vacate(*born, *why);
  } else if (!born->started_ || !born->mail_.empty()) {
    make_ready(*born);
  }
  return why;
}

void actor_worker::bury(std::unique_ptr<envelope> message, dead_letter_reason why) noexcept {
  envelope& dead = *message;
  if (dead.was_said()) note_dead(why, dead.content(), dead.to());
  dead.refuse(std::move(message), error(make_error_code(errc::closed), "actor"));
}

void actor_worker::note_dead(dead_letter_reason why, const std::type_info& type, const address& to) noexcept {
  owner_.count_of(why).add();
  if (sampled_ < samples_.size()) samples_[sampled_++] = {why, &type, to};
}

}  // namespace trireme::actors::detail
