#pragma once
#include <trireme/transport/http1/request_head.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace trireme::transport::websocket {

/// Why a request does not become a WebSocket.
enum class handshake_error : std::uint8_t {
  none = 0,             ///< the request is accepted
  not_get,              ///< the method is not GET → 405
  old_version,          ///< HTTP/1.0 → 400
  not_an_upgrade,       ///< Upgrade does not name websocket, or Connection not upgrade → 426
  has_body,             ///< a body is announced, so what follows the head is not a frame → 400
  unsupported_version,  ///< Sec-WebSocket-Version is not 13 → 426, the answer names 13 (RFC 6455 §4.4)
  invalid_key,          ///< Sec-WebSocket-Key is not, once, the base64 of 16 bytes → 400
  forbidden_origin,     ///< Origin is neither our own host nor allowed → 403
  subprotocol_not_supported  ///< one of ours is required and the client offers none of them → 400
};

/// The category of `handshake_error`; its name is "trireme.websocket.handshake".
const std::error_category& handshake_category() noexcept;

/// Wraps `error` for code that speaks `std::error_code`. `handshake_error::none` gives a code that is false.
std::error_code make_error_code(handshake_error error) noexcept;

/// The HTTP status to answer with; 101 for `none`.
int http_status_of(handshake_error error) noexcept;

/// What a server accepts. Everything is borrowed and outlives the results made with it.
struct handshake_options {
  handshake_options() noexcept {}

  std::span<const std::string_view>
      subprotocols;                  ///< what we speak; of these the client's first wish is chosen
  bool require_subprotocol = false;  ///< refuse clients that offer none of them
  bool any_origin = false;           ///< serve pages from anywhere; safe only without cookies
  std::span<const std::string_view>
      allowed_origins;  ///< whole origins, as "https://example.com", besides our own host
};

/// The 28 characters of Sec-WebSocket-Accept.
using accept_key = std::array<char, 28>;

/// Outcome of `check_upgrade`.
struct handshake_result {
  handshake_error error = handshake_error::none;
  int status = 101;              ///< what to answer
  accept_key accept{};           ///< meaningful for 101
  std::string_view subprotocol;  ///< one of the options' or empty

  bool accepted() const noexcept { return error == handshake_error::none; }
};

/// Computes Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 §4.2.2). Servers send it, clients compare
/// it.
accept_key make_accept_key(std::string_view key) noexcept;

/// Judges an upgrade request (RFC 6455 §4.2.1). Browsers always send Origin, so a request without one comes
/// from another kind of program, which could claim any, and is allowed; one whose Origin has the host and
/// port of Host is same-origin, 80 and 443 being the default ports of http and https.
handshake_result check_upgrade(const http1::request_head& request,
                               const handshake_options& options = {}) noexcept;

/// Whether `origin` ("scheme://host[:port]") has the host and port that `host` ("host[:port]") has.
bool same_host(std::string_view origin, std::string_view host) noexcept;

/// Appends the answer: a whole 101 head for an accepted request; for a refused one a head with its status, no
/// body, and `Connection: close`.
void append_handshake_response(std::string& out, const handshake_result& result);

}  // namespace trireme::transport::websocket

template <>
struct std::is_error_code_enum<trireme::transport::websocket::handshake_error> : std::true_type {};
