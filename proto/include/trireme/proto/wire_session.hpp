#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <trireme/core/clock.hpp>
#include <trireme/proto/message_socket.hpp>

namespace trireme::proto {

class dispatcher;
namespace wire {
class session_state;
}

/// The limits of a session. Each has a counter "wire.*" that tells how often it was reached.
struct wire_session_options {
  wire_session_options() {}
  /// The longest frame that is taken; a longer one closes the session with 1009.
  std::uint32_t max_message_bytes = 1 << 20;
  /// Calls under way at once; one more is answered `resource_exhausted`.
  std::uint32_t max_calls = 1024;
  /// Messages of each call that the client may send before the service has taken any, at least 1; more closes
  /// the session with 1002. Not above `dispatcher_options::max_unread`.
  std::uint32_t initial_credit = 16;
  /// Bytes of all calls' messages that the services have not taken; a call whose message would exceed it is
  /// ended with `resource_exhausted`.
  std::size_t max_unread_bytes = 4 << 20;
  /// Method, metadata and token of one call together; more is `resource_exhausted`.
  std::size_t max_metadata_bytes = 8 << 10;
  /// Topics followed by all calls together; for one more, messages go to the call one by one, under its
  /// credit.
  std::size_t max_follows = 1024;
  /// Unsent bytes from which on calls are told to wait before they write more messages.
  std::size_t write_high_water = 256 << 10;
  /// Unsent bytes beyond which a message of a topic is not sent: the calls that follow it end with
  /// `resource_exhausted`. Twice as many close the session with 1008 at the client's next frame.
  std::size_t max_buffered = 1 << 20;
  /// How long the client may take for its Hello before the session is closed with 1008.
  duration hello_timeout = std::chrono::seconds(10);
  /// Who we are, in our Hello.
  std::string agent = "trireme/0.1";
};

/// RPC over one WebSocket: subprotocol `trireme.v1`, the server's side, without sockets. The rules are in
/// trireme/wire/v1/wire.proto.
///
/// Thread: the loop's.
/// Lifetime: socket, dispatcher and options outlive it. Destroying it ends its calls as `on_closed` does;
/// nothing is sent then. May be destroyed from within any of its functions. Errors: a frame that breaks the
/// rules closes the socket with 1002; a call that fails ends with its status. Frames for calls that have
/// ended are passed over: the client may not have known. A call is answered in the encoding in which it was
/// opened; its messages must come in that encoding, its other frames may come in either. Order: a call's
/// messages keep their order, those of a topic too; messages that wait for credit may be overtaken by those
/// of a topic.
class wire_session {
public:
  using bound_to_a_loop = void;
  static constexpr std::string_view subprotocol = "trireme.v1";

  /// `peer` is who the client is, for logs. Waits for its Hello from now on.
  wire_session(message_socket& socket, dispatcher& services, const wire_session_options& options,
               std::string peer = {});
  wire_session(const wire_session&) = delete;
  wire_session& operator=(const wire_session&) = delete;
  ~wire_session();

  /// One message of the client. Text must be UTF-8 already. The bytes are read within the call.
  void on_message(std::string_view bytes, bool text);
  /// All that the socket held back has been handed to the kernel.
  void on_drained();
  /// The socket has gone: every call is cancelled with `errc::closed`.
  void on_closed();

  /// Takes no new calls: they are answered `unavailable`. Closes with 1001 when the last call has ended, or
  /// after `patience`, when those left end with `unavailable`.
  void drain(duration patience);
  /// Calls under way.
  std::size_t calls() const noexcept;

private:
  std::shared_ptr<wire::session_state>
      state_;  // shared with callbacks that may come after, which hold it weakly
};

}  // namespace trireme::proto
