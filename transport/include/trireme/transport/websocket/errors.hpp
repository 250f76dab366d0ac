#pragma once
#include <cstdint>
#include <system_error>

namespace trireme::transport::websocket {

/// The close codes that RFC 6455 §7.4 and the IANA registry define. Codes from 3000 to 4999 are for
/// applications.
enum class close_code : std::uint16_t {
  none = 0,                  ///< no error, or no code at all: never on the wire
  normal = 1000,             ///< the purpose of the connection is fulfilled
  going_away = 1001,         ///< the server shuts down, or the page was left
  protocol_error = 1002,     ///< the peer broke RFC 6455
  unsupported_data = 1003,   ///< a kind of data that the endpoint cannot accept
  no_status = 1005,          ///< a close frame without a code: never on the wire
  abnormal = 1006,           ///< the connection went without a close frame: never on the wire
  invalid_payload = 1007,    ///< text that is not UTF-8
  policy_violation = 1008,   ///< what no other code fits
  message_too_big = 1009,    ///< a message over the limit
  missing_extension = 1010,  ///< sent by clients only
  internal_error = 1011,     ///< the server cannot go on
  service_restart = 1012,    ///< come back after a short while
  try_again_later = 1013,    ///< overloaded
  bad_gateway = 1014         ///< the server in front got nonsense from the one behind
};

/// Whether a peer may send this code in a close frame (RFC 6455 §7.4.1, §7.4.2).
bool may_be_sent(std::uint16_t code) noexcept;

/// How a peer broke the framing of RFC 6455.
enum class websocket_error : std::uint8_t {
  none = 0,                 ///< no error
  reserved_bits,            ///< RSV1 to RSV3 set with no extension agreed (§5.2) → 1002
  reserved_opcode,          ///< opcode 3 to 7 or 11 to 15 (§5.2) → 1002
  fragmented_control,       ///< a control frame without FIN (§5.5) → 1002
  control_too_long,         ///< a control frame with more than 125 bytes (§5.5) → 1002
  unexpected_continuation,  ///< a continuation frame with no message begun (§5.4) → 1002
  interrupted_message,      ///< a new message inside a fragmented one (§5.4) → 1002
  unmasked_frame,           ///< a client must mask (§5.1) → 1002
  masked_frame,             ///< a server must not mask (§5.1) → 1002
  length_not_minimal,       ///< a longer encoding of the length than needed (§5.2) → 1002
  length_too_large,         ///< the top bit of a 64-bit length is set (§5.2) → 1002
  invalid_close_payload,    ///< a close frame with one byte (§5.5.1) → 1002
  invalid_close_code,       ///< a close code that must not be sent (§7.4) → 1002
  invalid_utf8,             ///< a text message or a close reason that is not UTF-8 (§8.1) → 1007
  message_too_big           ///< a message over the limit → 1009
};

/// The category of `websocket_error`; its name is "trireme.websocket".
const std::error_category& websocket_category() noexcept;

/// Wraps `error` for code that speaks `std::error_code`. `websocket_error::none` gives a code that is false.
std::error_code make_error_code(websocket_error error) noexcept;

/// The close code to answer with: 1002, 1007 or 1009; `close_code::none` for `none`.
close_code close_code_of(websocket_error error) noexcept;

}  // namespace trireme::transport::websocket

template <>
struct std::is_error_code_enum<trireme::transport::websocket::websocket_error> : std::true_type {};
