#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <support/raw_client.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/transport/http1/server.hpp>
#include <trireme/transport/websocket/endpoint.hpp>
#include <vector>

namespace trireme::transport::websocket {

using namespace std::chrono_literals;
using testing::order;
using testing::pass;
using testing::pump;
using testing::raw_client;
using testing::settle;
using testing::test_loop;

/// Echoes, and writes down what happens.
struct recorder : handler {
  void on_open(connection& opened) override {
    log("open");
    last = opened.id();
    if (at_open) at_open(opened);
  }
  void on_message(connection& from, std::span<char> message, bool text) override {
    const std::string bytes(message.data(), message.size());
    log((text ? "text " : "binary ") + (bytes.size() < 50 ? bytes : std::to_string(bytes.size())));
    if (at_message) return at_message(from, bytes);
    from.send(bytes, text);
  }
  void on_drained(connection& which) override {
    if (at_drained) at_drained(which);
  }
  void on_close(connection& gone, std::uint16_t code, std::string_view reason) override {
    log("close " + std::to_string(code) + (reason.empty() ? "" : " " + std::string(reason)));
    sent_in_close = gone.send("too late", true);
  }
  order log;
  handle last;
  bool sent_in_close = false;
  std::function<void(connection&)> at_open;
  std::function<void(connection&, const std::string&)> at_message;
  std::function<void(connection&)> at_drained;
};

/// What came in one frame from a server.
struct frame {
  opcode kind = opcode::continuation;
  std::string payload;
  friend bool operator==(const frame&, const frame&) = default;
};

inline std::string masked(opcode kind, std::string_view payload, bool fin = true) {
  std::string out;
  append_masked_frame(out, kind, fin, payload, {'\x12', '\x34', '\x56', '\x78'});
  return out;
}

inline std::string close_frame(std::uint16_t code, std::string_view reason = {}) {
  return masked(opcode::close, close_payload(static_cast<close_code>(code), reason).view());
}

/// A client that has been upgraded, or refused.
class socket_client : public raw_client {
public:
  static constexpr std::string_view upgrade_request =
      "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

  socket_client(test_loop& loop, std::uint16_t port, std::string_view fields = {}, int receive_buffer = 0)
      : raw_client(loop, port, receive_buffer) {
    send(std::string(upgrade_request).append(fields).append("\r\n"));
    answer = response();
  }

  /// The next frame; of kind `continuation` where none comes any more.
  frame next() {
    frame found;
    if (!read_size(2)) return found;
    std::size_t head = 2;
    std::size_t size = static_cast<unsigned char>(received[1]);
    if (size > 125) {
      head = size == 126 ? 4 : 10;
      if (!read_size(head)) return found;
      size = 0;
      for (std::size_t at = 2; at < head; ++at) size = size << 8 | static_cast<unsigned char>(received[at]);
    }
    if (!read_size(head + size)) return found;
    found.kind = static_cast<opcode>(received[0] & 0x0f);
    take(head);
    found.payload = take(size);
    return found;
  }
  /// The code of the close frame that comes next; 0 where something else does.
  int close_code() {
    const frame found = next();
    if (found.kind != opcode::close || found.payload.size() < 2) return 0;
    return static_cast<unsigned char>(found.payload[0]) << 8 | static_cast<unsigned char>(found.payload[1]);
  }

  std::string answer;
};

/// A server with one endpoint at /ws.
struct fixture {
  explicit fixture(endpoint_options options = {})
      : sockets(std::in_place, loop, events, options), http(loop) {
    http.upgrade("/ws", *sockets);
    http.listen("127.0.0.1", 0);
  }
  socket_client client(std::string_view fields = {}, int receive_buffer = 0) {
    return socket_client(loop, http.port(), fields, receive_buffer);
  }
  bool wait_until_gone() {
    return pump(loop, [&] { return sockets->size() == 0; });
  }
  std::int64_t count(std::string_view name) { return loop.counters().get(name).value(); }

  test_loop loop;
  recorder events;
  std::optional<endpoint> sockets;
  http1::server http;
};

}  // namespace trireme::transport::websocket
