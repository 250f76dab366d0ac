#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <trireme/core/error.hpp>
#include <trireme/core/shared_bytes.hpp>
#include <trireme/transport/slots.hpp>
#include <trireme/transport/tcp/stream.hpp>
#include <trireme/transport/time_limits.hpp>
#include <trireme/transport/websocket/parser.hpp>

namespace trireme::transport::websocket {

class connection;
class endpoint;

/// What a program keeps with a connection: derive from it, and `attach`.
class attachment {
public:
  virtual ~attachment() = default;
};

/// What happens on the connections of one endpoint. One object serves them all.
///
/// Thread: the loop's. A connection may be closed from within each call; the reference stays good until it
/// returns.
class handler {
public:
  virtual ~handler() = default;
  virtual void on_open(connection&) {}
  /// A whole message: `text` tells which kind; text is valid UTF-8. The bytes are good until the call
  /// returns; `connection::keep` makes them last.
  virtual void on_message(connection& from, std::span<char> message, bool text) = 0;
  /// All that was sent has been handed to the kernel, after a time when it could not be.
  virtual void on_drained(connection&) {}
  /// Once, in the close phase; nothing can be sent any more. 1006: it went without a close frame.
  virtual void on_close(connection&, std::uint16_t /*code*/, std::string_view /*reason*/) {}
};

/// One WebSocket (RFC 6455).
///
/// Thread: the loop's. Lifetime: its server's; keep a `handle`, not a reference.
/// Errors: sending on one that is closing does nothing and returns false.
/// Order: messages leave in the order sent, those of one turn in one call.
class connection final : public tcp::stream::protocol, public timed {
public:
  using bound_to_a_loop = void;
  connection(endpoint& owner, std::unique_ptr<tcp::stream> stream, std::string_view subprotocol);
  ~connection();

  /// From within `handler::on_message`: its message, or a part of it, to be kept, posted to a worker, or sent
  /// on. Do not write to the message any more.
  /// Copies: none where the message came in more than one read, as it then has memory of its own; one of any
  /// other, which lies in the loop's buffer. More than 512 KiB never come in one read.
  shared_bytes keep(std::span<const char> message) const;
  /// False once the connection is closing. A payload from `tcp::stream::shared_from` bytes on, with nothing
  /// waiting before it, is handed to the kernel at once, and copied only as far as that does not take it;
  /// behind what waits it is copied.
  bool send(std::string_view payload, bool text);
  /// The same at the end of this turn at the latest, and never copied from that size on: the payload is kept
  /// by its count until it has been sent.
  bool send(const shared_bytes& payload, bool text);
  /// A frame as `encode_frame` makes it: encoded once, sent to many.
  bool send_frame(std::string_view frame);
  /// Bytes that wait to be sent: the back-pressure of this client.
  std::size_t buffered() const noexcept { return stream_->buffered(); }
  /// Begins the closing handshake; the connection goes once the peer has answered, or after the endpoint's
  /// patience.
  void close(close_code code = close_code::normal, std::string_view reason = {});
  bool closing() const noexcept { return close_sent_ || gone_; }
  void pause_reading() noexcept { stream_->pause_reading(); }
  void resume_reading() noexcept { stream_->resume_reading(); }

  handle id() const noexcept { return id_; }
  endpoint& owner() const noexcept { return endpoint_; }
  /// What was agreed on; empty where nothing was.
  std::string_view subprotocol() const noexcept { return subprotocol_; }
  void attach(std::unique_ptr<attachment> data) noexcept { attachment_ = std::move(data); }
  template <class T>
  T* attached() const noexcept {
    return static_cast<T*>(attachment_.get());
  }

private:
  friend class endpoint;

  void on_data(std::span<char> bytes) override;
  void on_end() override;
  void on_drained() override;
  void on_failed(const error& reason) override;

  struct progress {
    std::size_t done;
    std::size_t need;  // bytes behind those, for there to be more progress
  };
  progress consume(std::span<char> bytes);
  std::span<char> complete_begun(std::span<char> bytes);
  bool take(const event& found);
  void take_piece(const event& found);
  void take_close(const event& found);
  void keep_rest(std::span<char> bytes, progress made);
  void ping();
  void heard();
  void part(close_code code, std::string_view reason);
  void leave();
  template <class Work>
  void guarded(Work&& work);
  void opened();
  void deliver(std::span<char> message, bool text);

  struct partial;

  endpoint& endpoint_;
  std::unique_ptr<tcp::stream> stream_;
  std::unique_ptr<partial> partial_;
  std::unique_ptr<attachment> attachment_;
  parser parser_;
  std::string_view subprotocol_;
  handle id_;
  close_code code_ = close_code::abnormal;  // what `on_close` is told
  bool close_sent_ = false;
  bool parted_ = false;  // the closing handshake is over: only the peer's hanging up is waited for
  bool peer_done_ = false;
  bool gone_ = false;
};

/// Renders a whole unmasked frame, for `send_frame`.
std::string encode_frame(std::string_view payload, bool text);

}  // namespace trireme::transport::websocket
