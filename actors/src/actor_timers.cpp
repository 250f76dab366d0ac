// What an actor's worker does with time.
#include <trireme/actors/detail/actor_worker.hpp>
#include <trireme/actors/detail/system_core.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

std::uint64_t number_of(trireme::detail::timer_queue::index which, std::uint32_t generation) noexcept {
  return std::uint64_t{generation} << 32 | which;
}

}  // namespace

std::uint64_t actor_worker::arm(duration delay, cell& whose, std::unique_ptr<envelope> letter, bool control) {
  const auto which = timers_.add(std::max(delay, duration::zero()), false, nullptr, {});
  const std::uint64_t number = number_of(which, timers_[which].generation);
  timers_[which].work = [this, &whose, number, control, letter = std::move(letter)]() mutable {
    whose.disarm_timer(number);
    if (control) return control_.push(std::move(letter));
    whose.own_address().where->waiting.fetch_add(1);
    enqueue(std::move(letter));
  };
  timers_.arm(which, time_.now());
  return number;
}

void actor_worker::disarm(std::uint64_t timer) noexcept {
  const auto which = static_cast<trireme::detail::timer_queue::index>(timer);
  if (timers_.current(which, static_cast<std::uint32_t>(timer >> 32))) timers_.erase(which);
}

bool actor_worker::fire_timers() {
  if (!timers_.any_armed()) return false;
  const std::uint64_t before = timers_.sequence();
  const time_point now = time_.now();
  bool any = false;
  for (;;) {
    const auto which = timers_.due(now, before);
    if (which == trireme::detail::timer_queue::none) return any;
    auto work = std::move(timers_[which].work);
    work();  // it erases its timer
    any = true;
  }
}

void actor_worker::set_alarm() {
  const auto next = timers_.next_deadline();
  if (next == alarm_at_) return;
  alarm_.clear();
  alarm_at_ = next;
  if (next) alarm_ = owner_.owner().set_timeout(*next - time_.now(), [] {});
}

}  // namespace trireme::actors::detail
