#pragma once
#include <trireme/transport/detail/output_buffer.hpp>
#include <trireme/transport/http1/errors.hpp>
#include <trireme/transport/http1/request_head.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace trireme::transport::http1 {

/// How the peer learns where a response body ends (RFC 9112 §6).
enum class body_framing : std::uint8_t {
  content_length,  ///< `response_head::content_length` is written
  chunked,         ///< Transfer-Encoding: chunked is written; not for 1.0 peers
  none             ///< no framing field: no body, or a body that closing the connection ends
};

/// What the Connection field of a response says. `none` is right wherever the version's default holds.
enum class connection_option : std::uint8_t { none, close, keep_alive };

/// The option that tells a peer whether its connection stays: `close` where we close, `keep_alive` only where
/// a 1.0 peer asked for it (RFC 9112 §9.3).
connection_option connection_option_for(const request_head& request, bool keep) noexcept;

/// What goes into a response head. Everything is borrowed until the call that writes it returns.
struct response_head {
  response_head() noexcept {}
  explicit response_head(int code, std::uint64_t length = 0) noexcept
      : status(code), content_length(length) {}

  int status = 200;  ///< 100 to 599
  body_framing framing =
      body_framing::content_length;  ///< no framing field is written for 1xx and 204 (RFC 9110 §8.6)
  connection_option connection = connection_option::none;
  std::uint64_t content_length = 0;
  std::string_view content_type;    ///< written unless empty
  std::string_view date;            ///< a rendered IMF-fixdate (RFC 9110 §5.6.7), written unless empty
  std::span<const header> headers;  ///< checked: names are tokens, values hold no control characters
};

/// The reason phrase of a status, empty where we know none.
std::string_view reason_phrase(int status) noexcept;

/// Checks what a program wants to send: `invalid_status`, `unsafe_header_name`, `unsafe_header_value`, or
/// `reserved_header` for Content-Length, Transfer-Encoding and Connection other than `upgrade`, which the
/// framing and connection members write. Nothing that came from a user can split a response.
http_error check_response_head(const response_head& head) noexcept;

/// At least as many bytes as the head takes when written.
std::size_t response_head_bound(const response_head& head) noexcept;

/// Writes a checked head to `out`, where `response_head_bound` bytes must fit. Returns the end of what was
/// written.
char* write_response_head(char* out, const response_head& head) noexcept;

/// Appends the head to `out`, a `std::string` or anything with `prepare(n)` and `commit(n)`. Nothing is
/// appended where the result is an error.
template <detail::output_buffer Buffer>
[[nodiscard]] http_error append_response_head(Buffer& out, const response_head& head) {
  if (const http_error error = check_response_head(head); error != http_error::none) return error;
  detail::append_with(out, response_head_bound(head),
                      [&](char* at) { return write_response_head(at, head); });
  return http_error::none;
}

}  // namespace trireme::transport::http1
