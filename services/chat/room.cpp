#include "chat/room.hpp"

#include <utility>

namespace trireme::services::chat {

using trireme::chat::v1::Event;
using trireme::chat::v1::Member;
using trireme::chat::v1::Said;

promise<void> room::enter(const Member& who) {
  auto [left, settle] = make_promise<void>(events_.owner());
  stay& added = members_[who.id()];
  added.who = who;
  added.over = std::move(settle);
  Event event;
  *event.mutable_joined() = who;
  events_.publish(event);
  return std::move(left);
}

bool room::leave(std::uint64_t member) {
  auto gone = members_.extract(member);
  if (gone.empty()) return false;
  gone.mapped().over.resolve();
  Event event;
  *event.mutable_left() = gone.mapped().who;
  events_.publish(event);
  return true;
}

void room::close() {
  auto gone = std::exchange(members_, {});
  for (auto& [id, stay] : gone) stay.over.resolve();
}

const Member* room::find(std::uint64_t member) const {
  const auto found = members_.find(member);
  return found == members_.end() ? nullptr : &found->second.who;
}

void room::publish(const Said& said) {
  Event event;
  *event.mutable_said() = said;
  events_.publish(event);
}

}  // namespace trireme::services::chat
