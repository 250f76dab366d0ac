#pragma once
#include <trireme/wire/v1/wire.pb.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <trireme/proto/message_channel.hpp>

namespace trireme::proto::wire {

/// What a frame is; the numbers are those of the fields of `trireme.wire.v1.Frame`.
enum class frame_kind {
  hello = 3,
  open = 4,
  message = 5,
  credit = 6,
  half_close = 7,
  cancel = 8,
  status = 9,
  subscribed = 10
};

/// Why bytes are not a frame. Every one of them closes the session with 1002.
enum class wire_error {
  none = 0,
  not_protobuf,      ///< not the encoding of a message, or a known field of another type
  not_json,          ///< not a JSON object, or not the JSON form of a Frame
  no_kind,           ///< none of the kinds of the oneof
  two_kinds,         ///< more than one
  two_messages,      ///< more than one `payload` or `json`
  payload_not_last,  ///< a field after `payload`
  payload_in_text,   ///< `payload` in a text frame
  json_in_binary,    ///< `json` in a binary frame
  number_too_large,  ///< a call or topic of more than 32 bits
};

/// One line for the reason of a close: "the frame has no kind".
const char* text_of(wire_error error) noexcept;

/// A frame as it was received. `message` points into the received bytes.
struct frame {
  std::uint32_t call = 0;
  std::uint32_t topic = 0;
  frame_kind kind = frame_kind::message;
  /// `payload` or `json`, unparsed; absent where the frame has neither.
  std::optional<std::string_view> message;

  std::optional<trireme::wire::v1::Hello> hello;
  std::optional<trireme::wire::v1::Open> open;
  std::optional<trireme::wire::v1::Status> status;
  std::uint32_t credit = 0;      // of a credit
  std::uint32_t subscribed = 0;  // the topic of a subscribed
};

/// Reads one frame. The call's message is neither parsed nor copied: a binary one is a slice by the nature of
/// the encoding; a text one is found by a scan over the frame and cut out before the rest is parsed, so that
/// no number in it goes through a double.
///
/// Lifetime: `out` must be new, and points into `bytes`.
wire_error decode(std::string_view bytes, encoding form, frame& out);

}  // namespace trireme::proto::wire
