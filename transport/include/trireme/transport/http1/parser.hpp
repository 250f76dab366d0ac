#pragma once
#include <trireme/transport/http1/errors.hpp>
#include <trireme/transport/http1/request_head.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trireme::transport::http1 {

/// What a request head may cost. The defaults are safe on the open internet.
struct parser_limits {
  parser_limits() noexcept {}

  std::size_t max_head = 16 * 1024;   ///< bytes up to and including the empty line → 431
  std::size_t max_target = 8 * 1024;  ///< bytes of the request target → 414
  std::size_t max_headers =
      request_head::header_capacity;  ///< field lines → 431; more than the capacity counts as it
};

/// What became of an attempt to parse a head.
enum class parse_status : std::uint8_t {
  complete,    ///< the head is filled, `consumed` bytes are spent
  incomplete,  ///< valid so far: call again with the same bytes and more
  error        ///< answer `http_status_of(error)` and close: where the next message starts is unknown
};

/// Outcome of `parse_head`.
struct parse_result {
  std::size_t consumed = 0;  ///< bytes of the head including its empty line; 0 unless complete
  parse_status status = parse_status::incomplete;
  http_error error = http_error::none;
};

/// Parses one request head at the start of `bytes`, without copying and without allocating.
///
/// Strict where RFC 9112 allows a choice: lines end in CRLF, no folding, one Host, one framing. The exception
/// is one empty line before the request line, which §2.2 asks servers to ignore. Targets may hold those
/// printable characters that browsers leave unescaped in queries, but no '#', '"', '<' or '>'.
///
/// `seen`: how many of `bytes` an earlier call that said `incomplete` was given already, 0 for the first.
/// With it a peer that sends byte by byte costs linear time: bytes that end no line are only scanned. In
/// exchange an error inside a line that has not ended may be reported no sooner than the line ends or a limit
/// is reached. Lifetime: `out` refers to `bytes`.
parse_result parse_head(std::string_view bytes, request_head& out, const parser_limits& limits = {},
                        std::size_t seen = 0) noexcept;

}  // namespace trireme::transport::http1
