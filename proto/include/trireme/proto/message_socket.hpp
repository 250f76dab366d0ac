#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <trireme/core/shared_bytes.hpp>

namespace trireme::proto {

/// What a `wire_session` speaks through: one connection that carries whole messages, text and binary; in
/// practice a WebSocket.
///
/// Thread: the loop's.
/// Lifetime: outlives the session's `on_closed`, or its destructor where that comes first.
/// Order: what is sent leaves in the order sent. None of these calls may call the session back, or destroy
/// it. Limits: must take more than `wire_session_options::max_buffered` bytes, and twice that before it
/// breaks off.
class message_socket {
public:
  /// One message, copied or sent before this returns. Does nothing once closing.
  virtual void send(std::string_view bytes, bool text) = 0;
  /// The same for bytes that go to many sockets alike.
  virtual void send_shared(const shared_bytes& bytes, bool text) = 0;
  /// Bytes that wait to be sent. Where they could not be handed to the kernel by the end of a turn of the
  /// loop, `wire_session::on_drained` is called once they have been.
  virtual std::size_t buffered() const = 0;
  /// Ends the connection with a close code of RFC 6455, section 7.4.1, after what was sent. `on_closed`
  /// follows later.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;

protected:
  ~message_socket() = default;
};

}  // namespace trireme::proto
