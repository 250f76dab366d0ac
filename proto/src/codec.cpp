#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <trireme/proto/codec.hpp>

#include "wire_check.hpp"

namespace trireme::proto {
namespace {

/// "(range.limit): invalid value ..." as protobuf says it, without the brackets.
std::string without_brackets(std::string_view text) {
  const auto close = text.find("): ");
  if (text.empty() || text.front() != '(' || close == std::string_view::npos) return std::string(text);
  return std::string(text.substr(1, close - 1)) + std::string(text.substr(close + 1));
}

status decode_json(std::string_view bytes, google::protobuf::Message& into) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const google::protobuf::StringPiece piece(bytes.data(), bytes.size());
  const auto read = google::protobuf::util::JsonStringToMessage(piece, &into, options);
  if (read.ok()) return {};
  const auto said = read.message();
  return status(code::invalid_argument, without_brackets(std::string_view(said.data(), said.size())));
}

status decode_protobuf(std::string_view bytes, google::protobuf::Message& into) {
  if (bytes.size() > std::size_t{1} << 30) return status(code::invalid_argument, "the message is too large");
  if (into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  const std::string field = detail::malformed_field(bytes, *into.GetDescriptor());
  return status(code::invalid_argument,
                (field.empty() ? "" : field + ": ") + "malformed " + into.GetTypeName());
}

}  // namespace

status decode(encoding format, std::string_view bytes, google::protobuf::Message& into) {
  into.Clear();
  return format == encoding::json ? decode_json(bytes, into) : decode_protobuf(bytes, into);
}

void encode(encoding format, const google::protobuf::Message& message, std::string& append_to) {
  if (format == encoding::protobuf) {
    message.AppendToString(&append_to);
    return;
  }
  std::string text;
  const auto written = google::protobuf::util::MessageToJsonString(message, &text);
  if (!written.ok()) {
    const auto said = written.message();
    throw error::with_text(make_error_code(code::internal), std::string(said.data(), said.size()));
  }
  append_to += text;
}

}  // namespace trireme::proto
