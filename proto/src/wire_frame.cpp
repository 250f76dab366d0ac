#include "wire_frame.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wire_format_lite.h>

#include <limits>
#include <string>

#include "json_member.hpp"

namespace trireme::proto::wire {
namespace {

namespace pb = google::protobuf;
using pb::internal::WireFormatLite;
using trireme::wire::v1::Frame;

constexpr std::size_t longest = std::numeric_limits<int>::max();

bool parse(pb::MessageLite& message, std::string_view bytes) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// Walks over the fields of a binary frame.
class binary_reader {
public:
  binary_reader(std::string_view bytes, frame& out)
      : bytes_(bytes),
        input_(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size())),
        out_(out) {}

  wire_error read() {
    while (input_.CurrentPosition() != static_cast<int>(bytes_.size())) {
      std::uint32_t tag = 0;
      if (out_.message) return wire_error::payload_not_last;
      if (!small_varint(tag)) return wire_error::not_protobuf;
      if (const wire_error error = field(tag); error != wire_error::none) return error;
    }
    return has_kind_ ? wire_error::none : wire_error::no_kind;
  }

private:
  wire_error field(std::uint32_t tag) {
    const int number = WireFormatLite::GetTagFieldNumber(tag);
    if (number == 0) return wire_error::not_protobuf;
    if (number == Frame::kCallFieldNumber) return varint(tag, out_.call);
    if (number == Frame::kTopicFieldNumber) return varint(tag, out_.topic);
    if (number == Frame::kJsonFieldNumber) return wire_error::json_in_binary;
    const bool is_kind = number >= Frame::kHelloFieldNumber && number <= Frame::kSubscribedFieldNumber;
    if (!is_kind && number != Frame::kPayloadFieldNumber) {
      return skip(tag) ? wire_error::none : wire_error::not_protobuf;
    }
    std::string_view inside;
    if (!slice(tag, inside)) return wire_error::not_protobuf;
    if (is_kind) return kind(static_cast<frame_kind>(number), inside);
    out_.message = inside;
    return wire_error::none;
  }

  // A field of a later version. Groups are none of proto3's.
  bool skip(std::uint32_t tag) {
    std::uint64_t ignored = 0;
    std::string_view inside;
    switch (WireFormatLite::GetTagWireType(tag)) {
      case WireFormatLite::WIRETYPE_VARINT:
        return input_.ReadVarint64(&ignored);
      case WireFormatLite::WIRETYPE_FIXED64:
        return input_.Skip(8);
      case WireFormatLite::WIRETYPE_FIXED32:
        return input_.Skip(4);
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
        return slice(tag, inside);
      default:
        return false;
    }
  }

  // A tag or a size: at most five bytes, as protobuf's own parser has it.
  bool small_varint(std::uint32_t& out) {
    const int begin = input_.CurrentPosition();
    std::uint64_t number = 0;
    if (!input_.ReadVarint64(&number) || input_.CurrentPosition() - begin > 5) return false;
    out = static_cast<std::uint32_t>(number);
    return number <= std::numeric_limits<std::uint32_t>::max();
  }

  wire_error varint(std::uint32_t tag, std::uint32_t& out) {
    std::uint64_t number = 0;
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_VARINT)
      return wire_error::not_protobuf;
    if (!input_.ReadVarint64(&number)) return wire_error::not_protobuf;
    if (number > std::numeric_limits<std::uint32_t>::max()) return wire_error::number_too_large;
    out = static_cast<std::uint32_t>(number);
    return wire_error::none;
  }

  bool slice(std::uint32_t tag, std::string_view& out) {
    std::uint32_t size = 0;
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) return false;
    if (!small_varint(size)) return false;
    const auto begin = static_cast<std::size_t>(input_.CurrentPosition());
    if (size > bytes_.size() - begin) return false;
    out = bytes_.substr(begin, size);
    return input_.Skip(static_cast<int>(size));
  }

  wire_error kind(frame_kind which, std::string_view inside) {
    if (has_kind_) return wire_error::two_kinds;
    has_kind_ = true;
    out_.kind = which;
    return parse_kind(inside) ? wire_error::none : wire_error::not_protobuf;
  }

  bool parse_kind(std::string_view inside) {
    switch (out_.kind) {
      case frame_kind::hello:
        return parse(out_.hello.emplace(), inside);
      case frame_kind::open:
        return parse(out_.open.emplace(), inside);
      case frame_kind::status:
        return parse(out_.status.emplace(), inside);
      case frame_kind::credit: {
        trireme::wire::v1::Credit credit;
        const bool good = parse(credit, inside);
        out_.credit = credit.messages();
        return good;
      }
      case frame_kind::subscribed: {
        trireme::wire::v1::Subscribed subscribed;
        const bool good = parse(subscribed, inside);
        out_.subscribed = subscribed.topic();
        return good;
      }
      case frame_kind::message:
      case frame_kind::half_close:
      case frame_kind::cancel:
        return empty(inside);
    }
    return false;
  }

  // The messages without fields: what a later version may put there is passed over.
  static bool empty(std::string_view inside) {
    trireme::wire::v1::Message message;
    return inside.empty() || parse(message, inside);
  }

  std::string_view bytes_;
  pb::io::CodedInputStream input_;
  frame& out_;
  bool has_kind_ = false;
};

void take_kind(Frame& envelope, frame& out) {
  out.kind = static_cast<frame_kind>(envelope.kind_case());
  switch (envelope.kind_case()) {
    case Frame::kHello:
      out.hello.emplace(std::move(*envelope.mutable_hello()));
      break;
    case Frame::kOpen:
      out.open.emplace(std::move(*envelope.mutable_open()));
      break;
    case Frame::kStatus:
      out.status.emplace(std::move(*envelope.mutable_status()));
      break;
    case Frame::kCredit:
      out.credit = envelope.credit().messages();
      break;
    case Frame::kSubscribed:
      out.subscribed = envelope.subscribed().topic();
      break;
    default:
      break;
  }
}

wire_error read_envelope(const std::string& text, frame& out) {
  static const pb::util::JsonParseOptions tolerant = [] {
    pb::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;
    return options;
  }();
  Frame envelope;
  if (!pb::util::JsonStringToMessage(text, &envelope, tolerant).ok()) return wire_error::not_json;
  // A name written with escapes hid the message from the scan.
  if (envelope.has_json() != out.message.has_value()) return wire_error::not_json;
  if (!envelope.payload().empty()) return wire_error::payload_in_text;
  if (envelope.kind_case() == Frame::KIND_NOT_SET) return wire_error::no_kind;
  out.call = envelope.call();
  out.topic = envelope.topic();
  take_kind(envelope, out);
  return wire_error::none;
}

wire_error read_text(std::string_view text, frame& out) {
  const json_member message = find_member(text, "json");
  switch (message.result) {
    case json_member::outcome::malformed:
      return wire_error::not_json;
    case json_member::outcome::twice:
      return wire_error::two_messages;
    case json_member::outcome::absent:
      return read_envelope(std::string(text), out);
    case json_member::outcome::found:
      break;
  }
  out.message = text.substr(message.begin, message.end - message.begin);
  std::string envelope;
  envelope.reserve(text.size() - out.message->size() + 4);
  envelope.append(text.substr(0, message.begin)).append("null").append(text.substr(message.end));
  return read_envelope(envelope, out);
}

}  // namespace

const char* text_of(wire_error error) noexcept {
  switch (error) {
    case wire_error::none:
      return "no error";
    case wire_error::not_protobuf:
      return "the frame is not protobuf";
    case wire_error::not_json:
      return "the frame is not JSON";
    case wire_error::no_kind:
      return "the frame has no kind";
    case wire_error::two_kinds:
      return "the frame has two kinds";
    case wire_error::two_messages:
      return "the frame has two messages";
    case wire_error::payload_not_last:
      return "the payload is not the frame's last field";
    case wire_error::payload_in_text:
      return "a payload in a text frame";
    case wire_error::json_in_binary:
      return "JSON in a binary frame";
    case wire_error::number_too_large:
      return "a number has more than 32 bits";
  }
  return "unknown error";
}

wire_error decode(std::string_view bytes, encoding form, frame& out) {
  if (bytes.size() > longest) return wire_error::not_protobuf;
  return form == encoding::json ? read_text(bytes, out) : binary_reader(bytes, out).read();
}

}  // namespace trireme::proto::wire
