#include <trireme/transport/websocket/parser.hpp>

#include <algorithm>
#include <cstring>

namespace trireme::transport::websocket {
namespace {

constexpr std::size_t small_header = 6;  // two bytes and the mask

constexpr bool is_control(opcode kind) noexcept { return static_cast<std::uint8_t>(kind) >= 8; }

std::uint8_t at(std::span<const char> bytes, std::size_t index) noexcept {
  return static_cast<std::uint8_t>(bytes[index]);
}

std::uint64_t big_endian(std::span<const char> bytes, std::size_t width) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value = value << 8 | at(bytes, 2 + i);
  return value;
}

event need(std::size_t bytes) noexcept {
  event more;
  more.need = bytes;
  return more;
}

event ignored(std::span<const char> bytes) noexcept {
  event more = need(1);
  more.consumed = bytes.size();
  return more;
}

}  // namespace

struct parser::header {
  opcode kind;
  bool fin;
  mask_key key;
  std::size_t size;  // of the header: what is needed of it, as far as is known
  std::uint64_t payload;
};

event parser::next(std::span<char> bytes) noexcept {
  if (error_ != websocket_error::none) return fail(error_);
  if (closed_) return ignored(bytes);
  if (is_small_message(bytes)) return take_small_message(bytes);
  if (in_frame_) return bytes.empty() ? need(1) : take_data(bytes, 0);
  header frame;
  if (const websocket_error error = read_header(bytes, frame); error != websocket_error::none)
    return fail(error);
  if (bytes.size() < frame.size) return need(frame.size);
  return start_frame(bytes, frame);
}

// What nearly all frames of a chat are: text or binary, whole, at hand, at most 125 bytes, from a client.
bool parser::is_small_message(std::span<const char> bytes) const noexcept {
  if (type_ != opcode::continuation || role_ != role::server || bytes.size() < small_header) return false;
  const unsigned kind = at(bytes, 0) ^ 0x80u;
  const unsigned size = at(bytes, 1) ^ 0x80u;
  return (kind == 1 || kind == 2) && size <= 125 && size <= bytes.size() - small_header &&
         size <= limits_->max_message;
}

event parser::take_small_message(std::span<char> bytes) noexcept {
  mask_key key;
  std::memcpy(key.data(), bytes.data() + 2, 4);
  event found;
  found.kind = event_kind::data;
  found.type = static_cast<opcode>(at(bytes, 0) & 0x0fu);
  found.begins = found.ends = true;
  found.payload = bytes.subspan(small_header, at(bytes, 1) & 0x7fu);
  found.consumed = small_header + found.payload.size();
  const bool ascii = apply_mask(found.payload.data(), found.payload.size(), key);
  if (!ascii && found.type == opcode::text && !is_utf8(found.text()))
    return fail(websocket_error::invalid_utf8);
  return found;
}

websocket_error parser::check_first_byte(std::uint8_t byte) const noexcept {
  if ((byte & 0x70u) != 0) return websocket_error::reserved_bits;
  const unsigned kind = byte & 0x0fu;
  if ((kind & 7u) > 2) return websocket_error::reserved_opcode;
  if (kind >= 8) return (byte & 0x80u) != 0 ? websocket_error::none : websocket_error::fragmented_control;
  const bool open = type_ != opcode::continuation;
  if (kind == 0) return open ? websocket_error::none : websocket_error::unexpected_continuation;
  return open ? websocket_error::interrupted_message : websocket_error::none;
}

// Judges as much as has come, so that an error does not wait for the rest of the header.
websocket_error parser::read_header(std::span<const char> bytes, header& out) const noexcept {
  out.size = 2;
  if (bytes.empty()) return websocket_error::none;
  const std::uint8_t first = at(bytes, 0);
  if (const websocket_error error = check_first_byte(first); error != websocket_error::none) return error;
  if (bytes.size() < 2) return websocket_error::none;
  const std::uint8_t second = at(bytes, 1);
  const bool masked = (second & 0x80u) != 0;
  if (masked != (role_ == role::server))
    return masked ? websocket_error::masked_frame : websocket_error::unmasked_frame;
  out.kind = static_cast<opcode>(first & 0x0fu);
  out.fin = (first & 0x80u) != 0;
  out.payload = second & 0x7fu;
  const std::size_t width = out.payload < 126 ? 0 : out.payload == 126 ? 2 : 8;
  if (width != 0 && is_control(out.kind)) return websocket_error::control_too_long;
  out.size = 2 + width + (masked ? 4 : 0);
  if (bytes.size() < 2 + width) return websocket_error::none;
  if (width != 0) {
    out.payload = big_endian(bytes, width);
    if (out.payload >> 63 != 0) return websocket_error::length_too_large;
    if (out.payload <= (width == 2 ? 125u : 0xffffu)) return websocket_error::length_not_minimal;
  }
  if (!is_control(out.kind) &&
      out.payload > limits_->max_message - std::min(message_size_, limits_->max_message))
    return websocket_error::message_too_big;
  if (masked && bytes.size() >= out.size) std::memcpy(out.key.data(), bytes.data() + 2 + width, 4);
  return websocket_error::none;
}

event parser::start_frame(std::span<char> bytes, const header& frame) noexcept {
  const std::size_t available = bytes.size() - frame.size;
  const bool hold = is_control(frame.kind) || frame.payload <= limits_->wait_for_whole;
  if (frame.payload > available && (hold || available == 0))
    return need(frame.size + (hold ? static_cast<std::size_t>(frame.payload) : 1));
  if (is_control(frame.kind)) return take_control(bytes, frame);
  begins_ = frame.kind != opcode::continuation;
  if (begins_) type_ = frame.kind;
  fin_ = frame.fin;
  key_ = frame.key;
  remaining_ = frame.payload;
  frame_offset_ = 0;
  message_size_ += frame.payload;
  return take_data(bytes, frame.size);
}

event parser::take_data(std::span<char> bytes, std::size_t header_size) noexcept {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size() - header_size));
  event found;
  found.kind = event_kind::data;
  found.type = type_;
  found.payload = bytes.subspan(header_size, size);
  found.consumed = header_size + size;
  const bool ascii = unmask(found.payload, key_, frame_offset_);
  remaining_ -= size;
  frame_offset_ += size;
  in_frame_ = remaining_ != 0;
  found.begins = begins_;
  found.ends = !in_frame_ && fin_;
  begins_ = false;
  if (type_ == opcode::text && !valid_text(found.payload, ascii, found.ends))
    return fail(websocket_error::invalid_utf8);
  if (found.ends) {
    type_ = opcode::continuation;
    message_size_ = 0;
  }
  return found;
}

event parser::take_control(std::span<char> bytes, const header& frame) noexcept {
  const auto payload = bytes.subspan(frame.size, static_cast<std::size_t>(frame.payload));
  const std::size_t consumed = frame.size + payload.size();
  const bool ascii = unmask(payload, frame.key, 0);
  if (frame.kind == opcode::close) return take_close(payload, consumed, ascii);
  event found;
  found.kind = frame.kind == opcode::ping ? event_kind::ping : event_kind::pong;
  found.payload = payload;
  found.consumed = consumed;
  return found;
}

event parser::take_close(std::span<char> payload, std::size_t consumed, bool ascii) noexcept {
  event found;
  found.kind = event_kind::close;
  found.code = close_code::no_status;
  found.consumed = consumed;
  closed_ = true;
  if (payload.empty()) return found;
  if (payload.size() == 1) return fail(websocket_error::invalid_close_payload);
  const auto code = static_cast<std::uint16_t>(at(payload, 0) << 8 | at(payload, 1));
  if (!may_be_sent(code)) return fail(websocket_error::invalid_close_code);
  found.code = static_cast<close_code>(code);
  found.payload = payload.subspan(2);
  if (!ascii && !is_utf8(found.text())) return fail(websocket_error::invalid_utf8);
  return found;
}

// Whether all bytes are ASCII; without a mask nothing has looked at them yet, so "no" is safe.
bool parser::unmask(std::span<char> payload, mask_key key, std::uint64_t offset) const noexcept {
  return role_ == role::server && apply_mask(payload.data(), payload.size(), key, offset);
}

bool parser::valid_text(std::span<char> piece, bool ascii, bool last) noexcept {
  const bool skip = ascii && utf8_.complete();
  if (!skip && !utf8_.feed({piece.data(), piece.size()})) return false;
  return !last || utf8_.complete();
}

event parser::fail(websocket_error error) noexcept {
  error_ = error;
  event found;
  found.kind = event_kind::error;
  found.error = error;
  found.code = close_code_of(error);
  return found;
}

}  // namespace trireme::transport::websocket
