#include <trireme/actors/supervisor.hpp>

#include <algorithm>
#include <trireme/actors/detail/actor_worker.hpp>
#include <trireme/actors/detail/notice.hpp>
#include <trireme/actors/detail/system_core.hpp>
#include <trireme/core/log.hpp>

namespace trireme::actors {

namespace {

/// Splitmix64: a number of 0 up to 1.
double next_random(std::uint64_t& state) noexcept {
  std::uint64_t mixed = state += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return static_cast<double>((mixed ^ (mixed >> 31)) >> 11) / static_cast<double>(std::uint64_t{1} << 53);
}

bool wanted_again(restart when, const exit_reason& why) noexcept {
  return when == restart::always || (when == restart::on_failure && why == exit_reason::kind::failed);
}

}  // namespace

supervisor::supervisor(supervisor_options options) : options_(std::move(options)), random_(options_.seed) {}

any_ref supervisor::on(child what) {
  if (!what.birth_) return {};
  const std::uint64_t number = ++last_number_;
  auto made = std::make_unique<entry>();
  made->what = std::move(what);
  made->number = number;
  made->place = own_worker().reserve_for_child(own_address(), number);
  if (!made->place.where) return {};
  entry& started = *made;
  children_.push_back(std::move(made));
  const any_ref named(started.place);
  if (const auto why = own_worker().revive(started.what.birth_(started.place))) on_child_ended(number, *why);
  return named;
}

void supervisor::on_exit(const exit_reason&) {
  while (!children_.empty()) {
    const std::unique_ptr<entry> youngest = std::move(children_.back());
    children_.pop_back();
    if (youngest->place.lives())
      own_worker().finish(*youngest->place.where->actor, exit_reason::kind::stopped);
  }
}

supervisor::entry* supervisor::find(std::uint64_t number) noexcept {
  const auto found = std::find_if(children_.begin(), children_.end(),
                                  [number](const auto& each) { return each->number == number; });
  return found == children_.end() ? nullptr : found->get();
}

void supervisor::forget(std::uint64_t number) {
  std::erase_if(children_, [number](const auto& each) { return each->number == number; });
}

void supervisor::on_child_ended(std::uint64_t number, const exit_reason& why) {
  entry* const its = find(number);
  if (!its) return;
  if (!its->place.lives()) return forget(number);  // stopped while it waited for its next life
  if (its->round != 0) return;                     // it ends with others, and waits already
  if (wanted_again(its->what.when_, why)) return restart_soon(*its, why);
  if (why == exit_reason::kind::failed) say(*its, "is not made again: ", why);
  end_child(*its, why);
}

void supervisor::end_child(entry& which, const exit_reason& why) {
  if (which.place.lives()) own_worker().finish(*which.place.where->actor, why);
  forget(which.number);
}

void supervisor::say(const entry& of, const char* what, const exit_reason& why) const {
  log(log_level::warning, options_.name + ": " + of.what.name_ + " " + what + why.message());
}

bool supervisor::affected(const entry& by, const entry& other) const noexcept {
  if (options_.how == strategy::one_for_all) return true;
  if (options_.how == strategy::one_for_one) return by.number == other.number;
  return other.number >= by.number;
}

void supervisor::restart_soon(entry& failed, const exit_reason& why) {
  std::deque<time_point>& restarts = options_.how == strategy::one_for_one ? failed.restarts : restarts_;
  if (!allowed(restarts)) return give_up(failed, why);
  say(failed, "is made again: ", why);
  own_worker().owner().restarts().add();
  const std::uint64_t round = ++last_round_;
  failed.round = round;
  take_along(failed, round);
  arm_timer(
      delay_of(restarts.size()),
      detail::make_notice(own_address(),
                          [round](detail::cell& self) { static_cast<supervisor&>(self).restart_now(round); }),
      true);
}

// The youngest first. Who is never made again ends here.
void supervisor::take_along(const entry& failed, std::uint64_t round) {
  for (std::size_t left = children_.size(); left > 0; --left) {
    entry& other = *children_[left - 1];
    if (&other == &failed || !affected(failed, other) || !other.place.lives()) continue;
    if (other.what.when_ == restart::never) {
      end_child(other, exit_reason::kind::stopped);
    } else {
      if (other.round == 0) own_worker().vacate(*other.place.where->actor, exit_reason::kind::stopped);
      other.round = round;
    }
  }
}

supervisor::entry* supervisor::next_of(std::uint64_t round) noexcept {
  const auto found = std::find_if(children_.begin(), children_.end(), [round](const auto& each) {
    return each->round == round && each->place.lives();  // one that was stopped meanwhile we shall hear of
  });
  return found == children_.end() ? nullptr : found->get();
}

// Where one fails again at once, a new round takes over those that have not had their turn.
void supervisor::restart_now(std::uint64_t round) {
  while (entry* const its = gave_up_ ? nullptr : next_of(round)) {
    its->round = 0;
    if (const auto why = own_worker().revive(its->what.birth_(its->place))) on_child_ended(its->number, *why);
  }
}

bool supervisor::allowed(std::deque<time_point>& restarts) {
  const time_point at = now();
  while (!restarts.empty() && at - restarts.front() > options_.within) restarts.pop_front();
  restarts.push_back(at);
  return restarts.size() <= options_.restarts;
}

duration supervisor::delay_of(std::size_t restarts_in_row) {
  double delay = static_cast<double>(options_.first_delay.count());
  const auto most = static_cast<double>(options_.longest_delay.count());
  for (std::size_t each = 1; each < restarts_in_row && delay < most; ++each) delay *= options_.delay_factor;
  delay = std::min(delay, most) * (1 + options_.jitter * (2 * next_random(random_) - 1));
  return duration(static_cast<duration::rep>(delay));
}

void supervisor::give_up(const entry& last, const exit_reason& why) {
  gave_up_ = true;
  end_with(exit_reason::failed(
      error::with_text(make_error_code(errc::failed),
                       options_.name + ": too many restarts of " + last.what.name_ + ": " + why.message())));
}

}  // namespace trireme::actors
