#pragma once
#include <trireme/transport/websocket/errors.hpp>
#include <trireme/transport/websocket/frame.hpp>
#include <trireme/transport/websocket/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace trireme::transport::websocket {

/// Which end of the connection parses: a server demands masked frames, a client unmasked ones (RFC 6455
/// §5.1).
enum class role : std::uint8_t { server, client };

/// What a connection may cost. One object serves any number of parsers.
struct frame_limits {
  frame_limits() noexcept {}
  explicit frame_limits(std::uint64_t message, std::uint32_t whole = 1024) noexcept
      : max_message(message), wait_for_whole(whole) {}

  std::uint64_t max_message =
      1024 * 1024;  ///< bytes of one message, all fragments together → 1009, by the frame's header
  std::uint32_t wait_for_whole =
      1024;  ///< data frames up to this payload are delivered whole, longer ones as they come
};

/// What `parser::next` found.
enum class event_kind : std::uint8_t {
  need_more,  ///< nothing more in these bytes: keep those not consumed, come back with at least `need` of
              ///< them
  data,       ///< a piece of a message, or all of it
  ping,       ///< answer with a pong of the same payload
  pong,       ///< answer to a ping, or a one-way heartbeat
  close,      ///< the peer closes: `code` and `payload` (the reason). What follows is swallowed (§5.5.1)
  error       ///< close with `close_code_of(error)`; sticky
};

/// One event. `payload` lies in the bytes given to `next`, unmasked in place.
struct event {
  event_kind kind = event_kind::need_more;
  opcode type = opcode::binary;  ///< for data: `text` or `binary`, whichever the message began with
  bool begins = false;           ///< for data: the first piece of a message
  bool ends = false;             ///< for data: the last piece of a message; text is valid UTF-8 up to here
  websocket_error error = websocket_error::none;
  close_code code = close_code::none;  ///< for close: `no_status` where the peer sent none
  std::size_t consumed = 0;            ///< bytes to remove from the front, whatever the kind
  std::size_t need = 0;  ///< for need_more: bytes, counted after `consumed`, that the next step takes
  std::span<char> payload;

  /// The payload as text.
  std::string_view text() const noexcept { return {payload.data(), payload.size()}; }

  /// A message in one piece: deliver `payload` as it is, no copy needed.
  bool whole_message() const noexcept { return begins && ends; }
};

/// Turns received bytes into messages and control frames (RFC 6455 §5), in place.
///
/// Call `next` with all bytes at hand, remove `consumed`, until it says `need_more`. A connection keeps at
/// most `wait_for_whole` + 14 bytes between reads; what comes in pieces belongs into a buffer of its own, and
/// `ends` completes the message. A piece that neither begins nor ends may be empty only where a peer sent an
/// empty fragment. Text is validated as it arrives, so a bad message fails early. Control frames come whole,
/// between pieces if need be. Cost: allocates nothing; 48 bytes for each connection.
class parser {
public:
  /// `limits` outlives the parser.
  parser(role self, const frame_limits& limits) noexcept : limits_(&limits), role_(self) {}

  /// Parses the next event at the start of `bytes`, which it may change in place.
  event next(std::span<char> bytes) noexcept;
  /// Payload of the open frame that has not come yet.
  std::uint64_t remaining() const noexcept { return remaining_; }

private:
  struct header;

  bool is_small_message(std::span<const char> bytes) const noexcept;
  event take_small_message(std::span<char> bytes) noexcept;
  websocket_error read_header(std::span<const char> bytes, header& out) const noexcept;
  websocket_error check_first_byte(std::uint8_t byte) const noexcept;
  event start_frame(std::span<char> bytes, const header& frame) noexcept;
  event take_control(std::span<char> bytes, const header& frame) noexcept;
  event take_close(std::span<char> payload, std::size_t consumed, bool ascii) noexcept;
  event take_data(std::span<char> bytes, std::size_t header_size) noexcept;
  bool unmask(std::span<char> payload, mask_key key, std::uint64_t offset) const noexcept;
  bool valid_text(std::span<char> piece, bool ascii, bool last) noexcept;
  event fail(websocket_error error) noexcept;

  const frame_limits* limits_;
  std::uint64_t remaining_ = 0;     // payload bytes of the open frame that have not come yet
  std::uint64_t frame_offset_ = 0;  // and those that have
  std::uint64_t message_size_ = 0;  // of the frames of the message begun so far
  mask_key key_{};
  utf8_validator utf8_;
  role role_;
  opcode type_ = opcode::continuation;  // of the open message; continuation: none is open
  bool in_frame_ = false;
  bool fin_ = false;
  bool begins_ = false;
  bool closed_ = false;
  websocket_error error_ = websocket_error::none;
};

}  // namespace trireme::transport::websocket
