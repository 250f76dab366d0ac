#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <trireme/core/unique_function.hpp>
#include <trireme/transport/http1/request_head.hpp>
#include <trireme/transport/slots.hpp>

namespace trireme::transport::http1 {

class server;

/// Answers one request, now or later: a handle that copies freely and finds nothing once the connection has
/// gone or the response has ended.
///
/// Thread: the loop's. Lifetime: the server outlives it.
/// Errors: calls on a response that is not open do nothing and return false. Header fields that could split
/// the response, and a status outside 200 to 599, are a bug of the caller's: the client gets a 500 and the
/// log a line. Order: requests of one connection are answered one after the other, in order.
class response {
public:
  using bound_to_a_loop = void;
  response(server& owner, handle connection, std::uint32_t number) noexcept
      : server_(&owner), connection_(connection), number_(number) {}

  bool open() const noexcept;
  /// The whole response at once. No body is sent to HEAD, nor with 204 and 304.
  bool send(int status, std::string_view content_type, std::string_view body,
            std::span<const header> headers = {});
  /// The whole response, as plain text.
  bool send(int status, std::string_view text = {}) {
    return send(status, "text/plain; charset=utf-8", text);
  }
  /// A response in pieces, chunked: `start`, then `write` for each piece, then `end`.
  bool start(int status, std::string_view content_type, std::span<const header> headers = {});
  /// False also where more than the stream's high-water mark waits to be sent: go on at `on_drained`.
  bool write(std::string_view piece);
  bool end();
  /// Calls once everything written has left, after `write` returned false.
  void on_drained(unique_function<void()> work);
  /// Calls if the client goes away before the response has ended.
  void on_aborted(unique_function<void()> work);

private:
  server* server_;
  handle connection_;
  std::uint32_t number_;
};

}  // namespace trireme::transport::http1
