#pragma once
#include <trireme/transport/websocket/errors.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trireme::transport::websocket {

/// The kinds of frame (RFC 6455 §5.2). All others are reserved.
enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// The most payload that a close, ping or pong frame may carry (§5.5).
inline constexpr std::size_t max_control_payload = 125;

/// The key that a client masks one frame with: its four bytes in the order they go on the wire. Must be
/// unpredictable (§5.3), hence comes from the caller.
using mask_key = std::array<char, 4>;

/// A rendered frame header.
struct frame_header {
  std::array<char, 14> bytes;
  std::uint8_t size;

  std::string_view view() const noexcept { return {bytes.data(), size}; }
};

/// Renders the header of an unmasked frame, as servers send them, with the shortest length encoding.
frame_header make_frame_header(opcode kind, std::uint64_t payload_size, bool fin = true) noexcept;

/// Renders the header of a masked frame, as clients send them.
frame_header make_masked_frame_header(opcode kind, std::uint64_t payload_size, mask_key key,
                                      bool fin = true) noexcept;

/// Masks or unmasks in place (§5.3). `offset`: how many bytes of the frame's payload came before `data`.
/// Returns whether all bytes are ASCII afterwards, which comes for free.
bool apply_mask(char* data, std::size_t size, mask_key key, std::uint64_t offset = 0) noexcept;

/// Appends a whole unmasked frame to a buffer with `append(const char*, size_t)`. For control frames the
/// payload must fit `max_control_payload`.
template <class Buffer>
void append_frame(Buffer& out, opcode kind, bool fin, std::string_view payload) {
  const frame_header header = make_frame_header(kind, payload.size(), fin);
  out.append(header.bytes.data(), header.size);
  out.append(payload.data(), payload.size());
}

/// Appends a whole masked frame to a buffer that also has `data()` and `size()`.
template <class Buffer>
void append_masked_frame(Buffer& out, opcode kind, bool fin, std::string_view payload, mask_key key) {
  const frame_header header = make_masked_frame_header(kind, payload.size(), key, fin);
  out.append(header.bytes.data(), header.size);
  out.append(payload.data(), payload.size());
  apply_mask(out.data() + (out.size() - payload.size()), payload.size(), key);
}

/// The payload of a close frame: empty for `none` and `no_status`, else the code and as much of `reason` as
/// fits without cutting a code point. `reason` must be UTF-8.
class close_payload {
public:
  explicit close_payload(close_code code, std::string_view reason = {}) noexcept;

  std::string_view view() const noexcept { return {bytes_.data(), size_}; }

private:
  std::array<char, max_control_payload> bytes_;
  std::uint8_t size_ = 0;
};

/// Appends an unmasked close frame.
template <class Buffer>
void append_close(Buffer& out, close_code code, std::string_view reason = {}) {
  append_frame(out, opcode::close, true, close_payload(code, reason).view());
}

}  // namespace trireme::transport::websocket
