#pragma once
#include <cstdint>
#include <system_error>

namespace trireme::transport::http1 {

/// Why bytes from a peer, or a head that a program wants to send, are not valid HTTP/1.
///
/// Values compare equal to nothing but themselves; `none` is the absence of an error. `http_status_of` tells
/// which status a server answers. Sources: RFC 9110, RFC 9112.
enum class http_error : std::uint8_t {
  none = 0,                    ///< no error
  bare_cr,                     ///< a CR that no LF follows (RFC 9112 §2.2)
  bare_lf,                     ///< a line ended by LF alone; accepting it invites request smuggling
  invalid_method,              ///< the method is empty or holds a character that no token may hold
  method_too_long,             ///< the method is longer than any that a server could know
  invalid_target,              ///< a forbidden character, or a form that does not fit the method
  target_too_long,             ///< the request target is longer than the limit
  invalid_version,             ///< the request line does not end with HTTP/digit.digit
  unsupported_version,         ///< a version other than 1.0 and 1.1
  obsolete_fold,               ///< a field line that starts with white space (RFC 9112 §5.2)
  invalid_header_name,         ///< an empty name, no colon, or white space before the colon (RFC 9112 §5.1)
  invalid_header_value,        ///< a control character inside a field value
  too_many_headers,            ///< more field lines than the limit
  head_too_large,              ///< more bytes before the empty line than the limit
  missing_host,                ///< HTTP/1.1 without a Host field (RFC 9112 §3.2)
  multiple_hosts,              ///< more than one Host field
  invalid_host,                ///< Host, or the authority of the target, is not host[:port]
  invalid_content_length,      ///< Content-Length is not a decimal number below 2^64
  conflicting_content_length,  ///< two Content-Length fields that differ
  content_length_with_transfer_encoding,  ///< both framings at once: a smuggling attempt (RFC 9112 §6.1)
  unsupported_transfer_encoding,          ///< a transfer coding other than one single chunked
  transfer_encoding_in_http_1_0,          ///< Transfer-Encoding from a 1.0 peer (RFC 9112 §6.1)
  unsupported_expectation,                ///< Expect holds something other than 100-continue
  body_too_large,                         ///< the body is longer than the limit
  invalid_chunk_size,                     ///< a chunk size that is not 1 to 16 hexadecimal digits
  invalid_chunk_extension,                ///< a forbidden character in a chunk extension
  chunk_extensions_too_large,             ///< more bytes of chunk extensions in one body than the limit
  invalid_chunk_end,                      ///< the data of a chunk is not followed by CRLF
  trailers_too_large,                     ///< more bytes of trailer fields than the limit
  invalid_status,                         ///< a status outside 100 to 599 was to be written
  unsafe_header_name,                     ///< a field name to be written is not a token
  unsafe_header_value,  ///< a field value to be written holds CR, LF or another control character
  reserved_header,      ///< a field to be written that the writer itself is in charge of
};

/// The category of `http_error`; its name is "trireme.http1".
const std::error_category& http_category() noexcept;

/// Wraps `error` for code that speaks `std::error_code`. `http_error::none` gives a code that is false.
std::error_code make_error_code(http_error error) noexcept;

/// The status a server answers before it closes: 400, 413, 414, 417, 431, 501 or 505; 500 for errors of our
/// own writer; 200 for `none`.
int http_status_of(http_error error) noexcept;

}  // namespace trireme::transport::http1

template <>
struct std::is_error_code_enum<trireme::transport::http1::http_error> : std::true_type {};
