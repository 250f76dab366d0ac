#include <trireme/actors/detail/relations.hpp>

#include <algorithm>
#include <trireme/actors/actor_ref.hpp>
#include <trireme/actors/detail/actor_worker.hpp>
#include <trireme/actors/detail/notice.hpp>

namespace trireme::actors::detail {

void relations::link(const address& other) {
  if (std::find(links.begin(), links.end(), other) == links.end()) links.push_back(other);
}

void relations::take_known(relations& from) {
  for (const address& other : std::exchange(from.links, {})) link(other);
  watchers.insert(watchers.end(), from.watchers.begin(), from.watchers.end());
  from.watchers.clear();
}

void relations::take_over(relations& from) {
  take_known(from);
  supervisor = std::exchange(from.supervisor, {});
  child = from.child;
}

void tell_of_end(const address& which, const exit_reason& why, relations& left) {
  for (const address& other : left.links) {
    post_control(make_notice(other, [which, why](cell& actor) { actor.link_ended(which, why); }));
  }
  for (const auto& [other, number] : left.watchers) {
    post_control(
        make_notice(other, [number = number, why](cell& actor) { actor.watched_ended(number, why); }));
  }
  for (const auto& [number, other] : left.monitors) {
    post_control(
        make_note(other, [which, number = number](cell& actor) { actor.unwatched_by(which, number); }));
  }
  if (!left.supervisor.where) return;
  post_control(make_notice(left.supervisor, [child = left.child, why](cell& supervisor) {
    supervisor.on_child_ended(child, why);
  }));
}

void cell::link_to(const address& other) {
  if (!other.where || other == own_address()) return;
  related().link(other);
  const address self = own_address();
  post_control(make_note(
      other, [self](cell& actor) { actor.linked_by(self); },
      [self, other] {
        post_control(make_notice(
            self, [other](cell& actor) { actor.link_ended(other, exit_reason::kind::no_actor); }));
      }));
}

void cell::unlink_from(const address& other) {
  if (!relations_ || std::erase(relations_->links, other) == 0) return;
  post_control(make_note(other, [self = own_address()](cell& actor) { actor.unlinked_by(self); }));
}

std::uint64_t cell::watch_end_of(const address& other) {
  const std::uint64_t number = worker_.next_number();
  related().monitors.emplace(number, other);
  const address self = own_address();
  const auto gone = [self, number] {
    post_control(make_notice(
        self, [number](cell& actor) { actor.watched_ended(number, exit_reason::kind::no_actor); }));
  };
  if (other.where) {
    post_control(make_note(
        other, [self, number](cell& actor) { actor.watched_by(self, number); }, gone));
  } else {
    gone();
  }
  return number;
}

void cell::unwatch_end_of(std::uint64_t number) {
  if (!relations_) return;
  const auto found = relations_->monitors.find(number);
  if (found == relations_->monitors.end()) return;
  const address other = found->second;
  relations_->monitors.erase(found);
  if (!other.where) return;
  post_control(
      make_note(other, [self = own_address(), number](cell& actor) { actor.unwatched_by(self, number); }));
}

void cell::linked_by(const address& other) { related().link(other); }

void cell::unlinked_by(const address& other) noexcept {
  if (relations_) std::erase(relations_->links, other);
}

void cell::link_ended(const address& other, const exit_reason& why) {
  if (relations_ && std::erase(relations_->links, other) > 0) on_link_down(any_ref(other), why);
}

void cell::on_link_down(const any_ref&, const exit_reason& why) {
  if (why.why() != exit_reason::kind::normal) end_with(why);
}

void cell::watched_by(const address& other, std::uint64_t number) {
  related().watchers.emplace_back(other, number);
}

void cell::unwatched_by(const address& other, std::uint64_t number) noexcept {
  if (relations_) std::erase(relations_->watchers, std::pair(other, number));
}

void cell::watched_ended(std::uint64_t number, const exit_reason& why) {
  if (relations_ && relations_->monitors.erase(number) > 0) on_down(actor_monitor{number}, why);
}

}  // namespace trireme::actors::detail
