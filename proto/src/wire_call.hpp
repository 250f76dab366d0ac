#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <trireme/proto/detail/fifo.hpp>
#include <trireme/proto/dispatcher.hpp>
#include <trireme/proto/message_channel.hpp>
#include <trireme/proto/server_call.hpp>
#include <vector>

namespace trireme::proto::wire {

class session_state;
class topic_binding;

/// One call of a session: its credit both ways, and the runtime's half.
class wire_call final : public message_channel {
public:
  wire_call(session_state& session, std::uint32_t id, encoding form, std::uint32_t send_credit,
            std::uint32_t receive_credit) noexcept
      : session_(session), id_(id), form_(form), send_credit_(send_credit), receive_credit_(receive_credit) {}
  ~wire_call();

  encoding wire_encoding() const override { return form_; }
  void send(const google::protobuf::Message& message) override;
  bool ready() const override;
  bool follow(topic_base& topic) override;
  void consumed() override;
  void finish(const status& outcome, const metadata& trailers) override;

  std::uint32_t id() const noexcept { return id_; }
  server_call& server() noexcept;
  void attach(call_ptr server) noexcept { server_ = std::move(server); }
  bool attached() const noexcept { return server_ != nullptr; }

  /// False: more than 32 bits of it.
  bool grant(std::uint32_t messages);
  bool has_credit() const noexcept { return send_credit_ > 0; }
  /// False: the client had no credit.
  bool take_receive_credit() noexcept;
  void note_unread(std::size_t bytes);
  std::size_t unread() const noexcept { return unread_; }
  void close_input() noexcept { input_closed_ = true; }
  bool input_closed() const noexcept { return input_closed_; }

  /// The session has ended the call: what the runtime says from now on is passed over.
  void end() noexcept { ended_ = true; }
  std::vector<topic_binding*>& topics() noexcept { return topics_; }

private:
  session_state& session_;
  const std::uint32_t id_;
  const encoding form_;
  bool ended_ = false;
  bool input_closed_ = false;
  std::uint32_t send_credit_;        // messages that the client still takes
  std::uint32_t receive_credit_;     // messages that the client may still send
  std::uint32_t taken_ = 0;          // messages that the service took since the last grant
  std::size_t unread_ = 0;           // bytes that the service has not taken
  detail::fifo<std::size_t> sizes_;  // of what is unread, message by message
  std::optional<status> failure_;    // stands in for the service's own outcome
  std::vector<topic_binding*> topics_;
  call_ptr server_;
};

}  // namespace trireme::proto::wire
