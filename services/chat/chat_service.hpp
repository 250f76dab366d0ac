#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <trireme/chat/v1/chat.trireme.hpp>
#include <unordered_map>

#include "chat/history.hpp"
#include "chat/room.hpp"

namespace trireme::services::chat {

/// What the chat takes.
struct chat_options {
  chat_options() {}
  std::size_t max_rooms = 10'000;    ///< with someone in them; beyond: resource_exhausted
  std::size_t max_members = 10'000;  ///< in one room; beyond: resource_exhausted
};

/// The chat: see trireme/chat/v1/chat.proto.
///
/// Thread: the loop's. Lifetime: loop and history outlive it.
/// Order: what is said in a room has one order for all, that of the history: it is written first and told
/// then.
class chat_service final : public trireme::chat::v1::Chat::service {
public:
  chat_service(loop& owner, history& said, chat_options options = {})
      : loop_(owner), history_(said), options_(options) {}

  /// Ends every stay, and takes no new ones: unavailable. For a server that shuts down.
  void close();

  task<proto::status> Join(const trireme::chat::v1::JoinRequest& request,
                           proto::async_writer<trireme::chat::v1::Event>& out,
                           proto::call_context& call) override;
  task<proto::status> Say(const trireme::chat::v1::SayRequest& request, trireme::chat::v1::SayReply& reply,
                          proto::call_context& call) override;
  task<proto::status> Leave(const trireme::chat::v1::LeaveRequest& request,
                            trireme::chat::v1::LeaveReply& reply, proto::call_context& call) override;
  task<proto::status> Who(const trireme::chat::v1::WhoRequest& request, trireme::chat::v1::WhoReply& reply,
                          proto::call_context& call) override;
  task<proto::status> History(const trireme::chat::v1::HistoryRequest& request,
                              trireme::chat::v1::HistoryReply& reply, proto::call_context& call) override;

private:
  proto::status check_join(const trireme::chat::v1::JoinRequest& request);
  std::shared_ptr<room> open_room(const std::string& name);
  std::shared_ptr<room> find_room(const std::string& name) const;
  void leave(room& from, std::uint64_t member);
  trireme::chat::v1::Event welcome(const room& entered, const trireme::chat::v1::Member& self,
                                   const std::vector<trireme::chat::v1::Said>& said) const;

  loop& loop_;
  history& history_;
  chat_options options_;
  std::uint64_t next_member_ = 1;
  bool closed_ = false;
  std::unordered_map<std::string, std::shared_ptr<room>> rooms_;
};

}  // namespace trireme::services::chat
