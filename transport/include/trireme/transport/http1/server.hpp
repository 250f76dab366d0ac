#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/transport/http1/errors.hpp>
#include <trireme/transport/http1/options.hpp>
#include <trireme/transport/http1/request.hpp>
#include <trireme/transport/http1/response.hpp>
#include <trireme/transport/slots.hpp>
#include <trireme/transport/tcp/endpoint.hpp>
#include <trireme/transport/tcp/listener.hpp>
#include <trireme/transport/tcp/stream.hpp>
#include <trireme/transport/time_limits.hpp>
#include <trireme/transport/websocket/endpoint.hpp>
#include <unordered_map>
#include <vector>

namespace trireme::transport::http1 {

class connection;

/// Answers a request, now or later, through the response.
using request_handler = unique_function<void(const request&, response)>;
/// Answers a request whose head was read but whose body cannot be taken: over the limit, or malformed. What
/// it does not answer gets the error's status as plain text. The connection ends with the response.
using rejection_handler = unique_function<void(const request_head&, http_error, response)>;

/// An HTTP/1.1 server (RFC 9110, RFC 9112): keep-alive, pipelining, chunked both ways, and upgrades to
/// WebSocket.
///
/// Thread: the loop's. Lifetime: the loop and the endpoints it upgrades to outlive it; destroying it,
/// which no handler of its own may do, cuts all clients off.
/// Errors: malformed requests are answered with their status and `Connection: close`; nothing of a client's
/// throws. Order: requests of one connection are handled one at a time, in order.
class server {
public:
  explicit server(loop& owner, server_options options = {});
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  /// Handles `path` for one method; GET serves HEAD too. Other methods on a known path get 405.
  void route(request_method method, std::string path, request_handler handler);
  /// Handles every request that no route takes; by default 404.
  void fallback(request_handler handler) { fallback_ = std::move(handler); }
  void on_rejected(rejection_handler handler) { rejected_ = std::move(handler); }
  /// Told of each client that `server_options::max_connections` turns away, before it is closed.
  /// Source: https://nodejs.org/api/net.html#event-drop
  void on_drop(unique_function<void(const tcp::endpoints&)> handler) { dropped_ = std::move(handler); }
  /// Turns GET requests of `path` that ask for it into WebSockets. An empty path stands for all.
  void upgrade(std::string path, websocket::endpoint& endpoint);

  /// Throws `error` where the address cannot be had. May be called for several addresses.
  void listen(const std::string& host, std::uint16_t port);
  /// The port of the first listener, for those that asked for 0.
  std::uint16_t port() const { return listeners_.front()->port(); }
  /// Stops listening, ends idle connections, lets requests under way finish with `Connection: close`, and
  /// settles once none is left. What is not done after `patience` is cut off.
  promise<void> drain(duration patience);

  loop& owner() const noexcept { return loop_; }
  std::size_t connections() const noexcept { return connections_.size(); }

private:
  friend class connection;
  friend class response;

  struct path_routes {
    std::vector<std::pair<request_method, request_handler>> methods;
    websocket::endpoint* endpoint = nullptr;
  };
  struct path_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view path) const noexcept {
      return std::hash<std::string_view>{}(path);
    }
  };

  void accept(int fd);
  void turn_away(int fd);
  void dispatch(const request& from, response to);
  void dispatch_to(path_routes& found, const request& from, response to);
  websocket::endpoint* endpoint_for(const request_head& head);
  void sweep();
  void remove(connection& gone);
  void check_drained();
  void cut_all();
  std::string_view date();

  loop& loop_;
  server_options options_;
  tcp::stream_group streams_;
  counter& over_max_;
  counter& timed_out_;
  time_limit heads_;
  time_limit bodies_;
  time_limit idle_;
  time_limit lingering_;
  request_head head_;  // parsed into by whichever connection is reading
  std::unordered_map<std::string, path_routes, path_hash, std::equal_to<>> routes_;
  websocket::endpoint* any_path_endpoint_ = nullptr;
  request_handler fallback_;
  rejection_handler rejected_;
  unique_function<void(const tcp::endpoints&)> dropped_;
  slots<connection> connections_;
  std::vector<std::unique_ptr<tcp::listener>> listeners_;
  timer sweeper_;
  timer patience_;
  resolver<void> drained_;
  bool draining_ = false;
  std::string date_;
  time_point date_read_{};
  std::shared_ptr<server> self_{this, [](server*) {}};  // whether it is still there, for what is deferred
};

}  // namespace trireme::transport::http1
