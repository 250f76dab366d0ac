#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <trireme/core/clock.hpp>
#include <trireme/transport/http1/parser.hpp>
#include <trireme/transport/tcp/listener.hpp>

namespace trireme::transport::http1 {

/// What a server takes from its clients. The defaults are safe on the open internet.
struct server_options {
  server_options() {}
  parser_limits head;                           ///< beyond: 400, 414, 431
  std::size_t max_body = std::size_t{1} << 20;  ///< bytes of a request's body; beyond: 413
  std::size_t max_connections = 100'000;  ///< beyond: closed at once, counter "http1.over_max_connections"
  std::size_t max_buffered = std::size_t{16} << 20;  ///< bytes that may wait for one client; beyond: cut off
  std::size_t high_water = std::size_t{64} << 10;    ///< bytes that wait before `write` returns false
  std::size_t max_read_ahead = std::size_t{64} << 10;  ///< bytes of later requests kept while one is answered
  duration head_timeout =
      std::chrono::seconds(60);  ///< from a request's first byte to its head's last; then 408
  duration request_timeout = std::chrono::seconds(300);    ///< the same to the body's last; then 408
  duration keep_alive_timeout = std::chrono::seconds(75);  ///< between requests; then closed
  duration linger_timeout = std::chrono::seconds(2);       ///< for the peer to close after us
  bool send_date = true;                                   ///< RFC 9110 §6.6.1 asks servers with a clock to
  tcp::listener_options listener;
};

}  // namespace trireme::transport::http1
