#include <trireme/actors/detail/cell.hpp>

#include <trireme/actors/detail/actor_worker.hpp>
#include <trireme/actors/detail/notice.hpp>
#include <trireme/actors/detail/relations.hpp>
#include <trireme/core/assert.hpp>

namespace trireme::actors::detail {

namespace {

actor_worker& where_actors_are_made() noexcept {
  TRIREME_ASSERT(actor_worker::here());  // an actor is made by `spawn` alone
  return *actor_worker::here();
}

}  // namespace

cell::cell()
    : slot_(where_actors_are_made().claim_cradle(*this)),
      generation_(slot_.generation.load()),
      worker_(*actor_worker::here()) {}

cell::~cell() { worker_.forget(*this); }

relations& cell::related() {
  if (!relations_) relations_ = std::make_unique<relations>();
  return *relations_;
}

void cell::end_with(exit_reason why) noexcept { worker_.end_current(std::move(why)); }
time_point cell::now() const { return worker_.now(); }

std::uint64_t cell::keep_question(std::unique_ptr<pending_question> asked, duration at_most) {
  const std::uint64_t number = worker_.next_number();
  const auto give_up = [number](cell& asker) {
    if (const auto late = asker.take_question(number)) late->fail(errc::timed_out);
  };
  if (at_most < duration::max())
    asked->deadline = arm_timer(at_most, make_notice(own_address(), give_up), true);
  related().questions.emplace(number, std::move(asked));
  return number;
}

std::unique_ptr<pending_question> cell::take_question(std::uint64_t number) noexcept {
  if (!relations_) return nullptr;
  const auto found = relations_->questions.find(number);
  if (found == relations_->questions.end()) return nullptr;
  std::unique_ptr<pending_question> asked = std::move(found->second);
  relations_->questions.erase(found);
  disarm_timer(asked->deadline);
  return asked;
}

void cell::answer_came_late(const std::type_info& type) noexcept {
  worker_.note_dead(dead_letter_reason::late, type, own_address());
}

void cell::answer_went_unheard(const std::type_info& type) noexcept {
  worker_.note_dead(dead_letter_reason::unheard, type, own_address());
}

std::uint64_t cell::arm_timer(duration delay, std::unique_ptr<envelope> letter, bool control) {
  const std::uint64_t timer = worker_.arm(delay, *this, std::move(letter), control);
  related().timers.insert(timer);
  return timer;
}

void cell::disarm_timer(std::uint64_t timer) noexcept {
  if (relations_ && relations_->timers.erase(timer) > 0) worker_.disarm(timer);
}

}  // namespace trireme::actors::detail
