#pragma once
#include <chrono>
#include <string>
#include <trireme/core/loop.hpp>
#include <trireme/transport/tcp/stream.hpp>
#include <trireme/transport/websocket/connection.hpp>
#include <trireme/transport/websocket/handshake.hpp>
#include <vector>

namespace trireme::transport::websocket {

/// What an endpoint accepts. The defaults are safe on the open internet.
struct endpoint_options {
  endpoint_options() {}
  std::size_t max_message = std::size_t{1} << 20;    ///< bytes; beyond: close 1009
  std::size_t max_connections = 100'000;             ///< beyond: 503
  std::size_t max_buffered = std::size_t{16} << 20;  ///< bytes that may wait for one client; beyond: cut off
  duration ping_after =
      std::chrono::seconds(30);  ///< of silence; a client silent for as long again is cut off
  duration close_patience = std::chrono::seconds(5);  ///< for the peer to answer a close, and to hang up
  std::vector<std::string_view> subprotocols;  ///< literals; the client's first wish among them is chosen
  bool require_subprotocol = false;            ///< 400 for a client that offers none of them
  bool any_origin = false;                     ///< by default `Origin` must be our own `Host`
};

/// The WebSockets under one path: their options, their handler, and the connections themselves.
///
/// Thread: the loop's. Lifetime: outlives every server that upgrades to it; the loop and the handler outlive
/// it. Destroying it, which its handler must not do, cuts all clients off without a further call.
class endpoint {
public:
  endpoint(loop& owner, handler& target, endpoint_options options = {});
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;
  ~endpoint();

  loop& owner() const noexcept { return loop_; }
  const handshake_options& handshake() const noexcept { return handshake_; }
  bool full() const noexcept { return connections_.size() >= options_.max_connections; }
  std::size_t size() const noexcept { return connections_.size(); }
  /// Null once the connection has gone.
  connection* find(handle which) const noexcept { return connections_.find(which); }
  template <class Visit>
  void for_each(Visit&& visit) {
    connections_.for_each(std::forward<Visit>(visit));
  }
  /// Closes every connection.
  void close_all(close_code code, std::string_view reason = {});

  /// For servers: takes over a client's descriptor; `answer` is the 101 that it gets first, and `rest` what
  /// came behind its request.
  void adopt(int fd, std::string_view subprotocol, std::string_view answer, std::span<char> rest);

private:
  friend class connection;
  void sweep();
  void remove(connection& gone);

  loop& loop_;
  handler& handler_;
  endpoint_options options_;
  handshake_options handshake_;
  frame_limits limits_;
  tcp::stream_group streams_;
  counter& cut_off_;
  time_limit silent_;
  time_limit pinged_;
  time_limit leaving_;
  slots<connection> connections_;
  timer sweeper_;
  std::shared_ptr<endpoint> self_{this, [](endpoint*) {}};  // whether it is still there, for what is deferred
};

}  // namespace trireme::transport::websocket
