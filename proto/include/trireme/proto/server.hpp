#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <trireme/actors/pool.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/proto/connect.hpp>
#include <trireme/proto/dispatcher.hpp>
#include <trireme/proto/wire_session.hpp>
#include <trireme/transport/http1/server.hpp>
#include <vector>

namespace trireme::proto {

namespace detail {
class session_endpoint;
}

/// What a server may be told at birth. Every limit has a default that is safe on the open internet.
struct server_options {
  server_options() {}
  dispatcher_options calls;
  wire_session_options sessions;
  connect::options connect;
  transport::http1::server_options http;
  /// Where WebSocket sessions are opened.
  std::string session_path = "/rpc";
  /// Browsers' pages of other hosts may open sessions too. Calls carry no cookies, so this is about who uses
  /// you.
  bool any_origin = false;
  /// SIGTERM and SIGINT drain the server and then, once no other server of the loop drains, stop the loop
  /// with exit code 0; a second one stops it at once with 1.
  bool drain_on_signals = true;
  /// How long a drain waits for what is under way.
  duration drain_patience = std::chrono::seconds(10);
};

/// Services on one port: each method is reached by the Connect protocol over HTTP/1.1 and, streams included,
/// by WebSocket sessions of subprotocol "trireme.v1".
///
/// Thread: the loop's. Lifetime: loop and pool outlive it.
/// Errors: `listen` throws `error` where the address cannot be had; clients' errors are answered, never
/// thrown.
class server {
public:
  using bound_to_a_loop = void;
  server(loop& owner, actors::pool& workers, server_options options = {});
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  /// Serves the LOOP methods of a service.
  void add(std::shared_ptr<service> handler) { calls_.add(std::move(handler)); }
  /// Serves the INLINE and POOL methods of a service: one `W`, made from copies of `arguments`, for each
  /// worker.
  template <class W, class... Arguments>
  void add_worker(Arguments... arguments) {
    calls_.add_worker<W>(std::move(arguments)...);
  }
  /// Plain HTTP beside the services: routes, and `fallback` for what is no RPC.
  transport::http1::server& http() noexcept { return http_; }
  void fallback(transport::http1::request_handler handler) { fallback_ = std::move(handler); }

  void listen(const std::string& host, std::uint16_t port) { http_.listen(host, port); }
  /// The port of the first `listen`, for those that asked for 0.
  std::uint16_t port() const { return http_.port(); }

  /// Calls first in a drain: a service whose streams last as long as their clients like ends them here.
  void on_drain(unique_function<void()> work) { drain_hooks_.push_back(std::move(work)); }
  /// Stops listening, takes no new calls, lets those under way finish, tells sessions with 1001, and settles
  /// when no client is left; what is not done after `patience` is cut off.
  promise<void> drain(duration patience);

  dispatcher& calls() noexcept { return calls_; }

private:
  void serve(const transport::http1::request& from, transport::http1::response to);
  void reject(const transport::http1::request_head& head, transport::http1::http_error why,
              transport::http1::response to);
  void on_signal();
  void drained_for_signal();

  loop& loop_;
  server_options options_;
  dispatcher calls_;
  connect::handler connect_;
  std::unique_ptr<detail::session_endpoint> sessions_;
  transport::http1::request_handler fallback_;
  transport::http1::server http_;
  std::vector<unique_function<void()>> drain_hooks_;
  bool draining_ = false;
  counter& draining_servers_;  // of this loop, for a signal
  bool drains_for_signal_ = false;
  std::vector<hook> signals_;
};

}  // namespace trireme::proto
