#pragma once
#include <trireme/core/promise.hpp>
#include <trireme/proto/wire_session.hpp>
#include <trireme/transport/websocket/endpoint.hpp>

namespace trireme::proto::detail {

/// Runs a `wire_session` over each WebSocket of one endpoint.
class session_endpoint final : transport::websocket::handler {
public:
  session_endpoint(loop& owner, dispatcher& calls, const wire_session_options& options, bool any_origin);
  transport::websocket::endpoint& endpoint() noexcept { return endpoint_; }
  void drain(duration patience);
  /// Settles once no session is left.
  promise<void> drained();

private:
  void on_open(transport::websocket::connection& opened) override;
  void on_message(transport::websocket::connection& from, std::span<char> message, bool text) override;
  void on_drained(transport::websocket::connection& which) override;
  void on_close(transport::websocket::connection& gone, std::uint16_t code, std::string_view reason) override;

  dispatcher& calls_;
  const wire_session_options& options_;
  resolver<void> empty_;
  transport::websocket::endpoint endpoint_;
};

}  // namespace trireme::proto::detail
