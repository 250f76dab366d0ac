#pragma once
#include <trireme/chat/v1/chat.pb.h>
#include <cstdint>
#include <map>
#include <string>
#include <trireme/core/promise.hpp>
#include <trireme/proto/topic.hpp>

namespace trireme::services::chat {

/// Who is in one room, and the topic that tells them what happens there.
///
/// Thread: the loop's. Lifetime: shared by the chat and the stays in it; the loop outlives it.
class room {
public:
  room(loop& owner, std::string name) : name_(std::move(name)), events_(owner) {}

  const std::string& name() const noexcept { return name_; }
  bool empty() const noexcept { return members_.empty(); }
  std::size_t size() const noexcept { return members_.size(); }
  proto::topic<trireme::chat::v1::Event>& events() noexcept { return events_; }

  /// Tells the others. The promise settles when the member has left.
  promise<void> enter(const trireme::chat::v1::Member& who);
  /// Tells the others. Nothing where the member has left already.
  bool leave(std::uint64_t member);
  /// All leave, and nobody is told.
  void close();
  /// Null where nobody of that id is here.
  const trireme::chat::v1::Member* find(std::uint64_t member) const;
  void publish(const trireme::chat::v1::Said& said);
  /// Calls with each member in order of arrival.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [id, stay] : members_) visit(stay.who);
  }

private:
  struct stay {
    trireme::chat::v1::Member who;
    resolver<void> over;
  };

  std::string name_;
  proto::topic<trireme::chat::v1::Event> events_;
  std::map<std::uint64_t, stay> members_;  // ids rise, so this is the order of arrival
};

}  // namespace trireme::services::chat
