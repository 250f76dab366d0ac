#include "session_endpoint.hpp"

namespace trireme::proto::detail {

namespace {

namespace websocket = transport::websocket;

/// One session and the socket that it speaks through: the connection it is attached to.
class attached_session final : public websocket::attachment, public message_socket {
public:
  attached_session(websocket::connection& connection, dispatcher& calls, const wire_session_options& options)
      : connection_(connection), session_(*this, calls, options) {}

  void send(std::string_view bytes, bool text) override { connection_.send(bytes, text); }
  void send_shared(const shared_bytes& bytes, bool text) override { connection_.send(bytes, text); }
  std::size_t buffered() const override { return connection_.buffered(); }
  void close(std::uint16_t code, std::string_view reason) override {
    connection_.close(static_cast<websocket::close_code>(code), reason);
  }
  wire_session& session() noexcept { return session_; }

private:
  websocket::connection& connection_;
  wire_session session_;
};

websocket::endpoint_options endpoint_options_for(const wire_session_options& options, bool any_origin) {
  websocket::endpoint_options made;
  made.max_message = options.max_message_bytes;
  made.subprotocols = {wire_session::subprotocol};
  made.require_subprotocol = true;
  made.any_origin = any_origin;
  return made;
}

wire_session& session_of(websocket::connection& connection) {
  return connection.attached<attached_session>()->session();
}

}  // namespace

session_endpoint::session_endpoint(loop& owner, dispatcher& calls, const wire_session_options& options,
                                   bool any_origin)
    : calls_(calls), options_(options), endpoint_(owner, *this, endpoint_options_for(options, any_origin)) {}

void session_endpoint::on_open(websocket::connection& opened) {
  opened.attach(std::make_unique<attached_session>(opened, calls_, options_));
}

void session_endpoint::on_message(websocket::connection& from, std::span<char> message, bool text) {
  session_of(from).on_message({message.data(), message.size()}, text);
}

void session_endpoint::on_drained(websocket::connection& which) { session_of(which).on_drained(); }

void session_endpoint::on_close(websocket::connection& gone, std::uint16_t, std::string_view) {
  session_of(gone).on_closed();
  if (empty_ && endpoint_.size() == 0) empty_.resolve();
}

void session_endpoint::drain(duration patience) {
  endpoint_.for_each([patience](websocket::connection& each) { session_of(each).drain(patience); });
}

promise<void> session_endpoint::drained() {
  auto [done, settle] = make_promise<void>(endpoint_.owner());
  if (endpoint_.size() == 0) {
    settle.resolve();
  } else {
    empty_ = std::move(settle);
  }
  return std::move(done);
}

}  // namespace trireme::proto::detail
