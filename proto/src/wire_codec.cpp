#include "wire_codec.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wire_format_lite.h>
#include <trireme/wire/v1/wire.pb.h>

#include <trireme/proto/codec.hpp>

namespace trireme::proto::wire {
namespace {

namespace pb = google::protobuf;
using pb::internal::WireFormatLite;
using pb::io::CodedOutputStream;
using trireme::wire::v1::Frame;

constexpr std::uint32_t tag(int field, WireFormatLite::WireType type) noexcept {
  return static_cast<std::uint32_t>(field) << 3 | static_cast<std::uint32_t>(type);
}
constexpr std::uint32_t message_tag =
    tag(Frame::kMessageFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
constexpr std::uint32_t payload_tag =
    tag(Frame::kPayloadFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);

// `field` is that of the call or of the topic, `number` its value. The four fields' tags take a byte each.
struct binary_layout {
  binary_layout(int field, std::uint32_t number, const pb::Message& message)
      : field(field), number(number), payload(message.ByteSizeLong()) {}

  std::size_t size() const noexcept {
    return 1 + CodedOutputStream::VarintSize32(number) + 2 + 1 +
           CodedOutputStream::VarintSize32(static_cast<std::uint32_t>(payload)) + payload;
  }

  void write(char* out, const pb::Message& message) const {
    auto* at = reinterpret_cast<std::uint8_t*>(out);
    at = CodedOutputStream::WriteTagToArray(tag(field, WireFormatLite::WIRETYPE_VARINT), at);
    at = CodedOutputStream::WriteVarint32ToArray(number, at);
    at = CodedOutputStream::WriteTagToArray(message_tag, at);
    *at++ = 0;  // of no bytes
    at = CodedOutputStream::WriteTagToArray(payload_tag, at);
    at = CodedOutputStream::WriteVarint32ToArray(static_cast<std::uint32_t>(payload), at);
    message.SerializeWithCachedSizesToArray(at);
  }

  int field;
  std::uint32_t number;
  std::size_t payload;
};

void write_text(std::string& out, std::string_view field, std::uint32_t number, const pb::Message& message) {
  out.append("{\"")
      .append(field)
      .append("\":")
      .append(std::to_string(number))
      .append(",\"message\":{},\"json\":");
  encode(encoding::json, message, out);
  out += '}';
}

}  // namespace

char* frame_buffer::take(std::size_t size) {
  char* room = small_.data();
  if (size > small_.size()) {
    large_.resize(size);
    room = large_.data();
  }
  view_ = {room, size};
  return room;
}

void write_message(frame_buffer& out, encoding form, std::uint32_t call, const pb::Message& message) {
  if (form == encoding::json) {
    write_text(out.text(), "call", call, message);
    return out.seal();
  }
  const binary_layout layout(Frame::kCallFieldNumber, call, message);
  layout.write(out.take(layout.size()), message);
}

void write_topic_message(std::string& out, encoding form, std::uint32_t topic, const pb::Message& message) {
  if (form == encoding::json) return write_text(out, "topic", topic, message);
  const binary_layout layout(Frame::kTopicFieldNumber, topic, message);
  const std::size_t begin = out.size();
  out.resize(begin + layout.size());
  layout.write(out.data() + begin, message);
}

void write_control(frame_buffer& out, encoding form, const Frame& frame) {
  if (form == encoding::json) {
    encode(encoding::json, frame, out.text());
    return out.seal();
  }
  const std::size_t size = frame.ByteSizeLong();
  frame.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.take(size)));
}

}  // namespace trireme::proto::wire
