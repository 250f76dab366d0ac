#pragma once
#include <trireme/transport/http1/errors.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace trireme::transport::http1 {

/// What a chunked body may cost.
struct chunked_limits {
  chunked_limits() noexcept {}

  std::uint64_t max_body =
      std::numeric_limits<std::uint64_t>::max();  ///< bytes of data → 413, told by the chunk's size
  std::uint32_t max_extensions =
      4 * 1024;  ///< bytes of all chunk extensions of one body, which are ignored → 400
  std::uint32_t max_trailers =
      8 * 1024;  ///< bytes of the trailer fields, which are checked and dropped → 431
};

/// Decodes the chunked transfer coding (RFC 9112 §7.1), incrementally and in place.
///
/// Feed it what has arrived, remove what it consumed, repeat until it asks for more:
///
///     for (;;) {
///       auto step = decoder.next(bytes);
///       bytes.remove_prefix(step.consumed);
///       if (step.status != chunked_decoder::status::data) break;
///       body.append(step.data);
///     }
///
/// It always consumes everything it is shown up to the end of the body, so nothing has to be kept for it.
/// Errors: sticky; the connection cannot be used for another message.
class chunked_decoder {
public:
  /// What a step found.
  enum class status : std::uint8_t {
    need_more,  ///< all bytes are consumed and the body goes on
    data,       ///< `data` is the next piece of the body
    done,       ///< the body has ended; what follows the consumed bytes is the next message
    error       ///< malformed or over a limit
  };

  /// Outcome of `next`. `data` is a view into the bytes given.
  struct step {
    std::string_view data;
    std::size_t consumed = 0;
    chunked_decoder::status status = chunked_decoder::status::need_more;
    http_error error = http_error::none;
  };

  explicit chunked_decoder(const chunked_limits& limits = {}) noexcept : limits_(limits) {}

  /// Consumes bytes up to and including the next piece of data, or the end.
  step next(std::string_view bytes) noexcept;

  /// Bytes of data announced so far by the sizes of the chunks.
  std::uint64_t announced() const noexcept { return announced_; }

private:
  enum class state : std::uint8_t {
    size_first,
    size,
    size_space,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    line_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done,
    failed
  };

  http_error take_byte(char c) noexcept;
  http_error take_size_byte(char c) noexcept;
  http_error take_after_size(char c) noexcept;
  http_error take_extension_byte(char c) noexcept;
  http_error take_trailer_byte(char c) noexcept;
  http_error end_size_line() noexcept;
  http_error expect_lf(char c, state next) noexcept;
  step take_data(std::string_view bytes, std::size_t from) noexcept;
  step fail(http_error error) noexcept;

  chunked_limits limits_;
  std::uint64_t remaining_ = 0;  // of the chunk being read; while its size is read, the size so far
  std::uint64_t announced_ = 0;
  std::uint32_t extension_bytes_ = 0;
  std::uint32_t trailer_bytes_ = 0;
  std::uint8_t digits_ = 0;
  state state_ = state::size_first;
  http_error error_ = http_error::none;
};

/// The line that goes before a chunk's data: hexadecimal size and CRLF.
struct chunk_header {
  std::array<char, 18> bytes;
  std::uint8_t size;

  std::string_view view() const noexcept { return {bytes.data(), size}; }
};

/// Renders the line before a chunk of `size` bytes. `size` must not be 0: that would end the body.
chunk_header make_chunk_header(std::uint64_t size) noexcept;

/// What ends a chunked body without trailers.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace trireme::transport::http1
