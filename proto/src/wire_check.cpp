#include "wire_check.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format.h>

#include "utf8.hpp"

namespace trireme::proto::detail {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormat;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int max_depth = 100;

class walker {
public:
  /// False at the first fault; `path` then names the field, if any.
  bool message(std::string_view bytes, const Descriptor& type, std::string& path) {
    if (++depth_ > max_depth) return false;
    CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
    while (in.CurrentPosition() < static_cast<int>(bytes.size())) {
      const std::uint32_t tag = in.ReadTag();
      if (WireFormatLite::GetTagFieldNumber(tag) == 0) return false;
      const FieldDescriptor* const known = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
      std::string inner;
      if (field(in, tag, known, bytes, inner)) continue;
      if (known) path = inner.empty() ? known->name() : known->name() + "." + inner;
      return false;
    }
    --depth_;
    return true;
  }

private:
  bool field(CodedInputStream& in, std::uint32_t tag, const FieldDescriptor* known, std::string_view whole,
             std::string& inner) {
    const auto wire = WireFormatLite::GetTagWireType(tag);
    if (wire != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) return WireFormatLite::SkipField(&in, tag);
    std::uint32_t length = 0;
    if (!in.ReadVarint32(&length)) return false;
    const auto from = static_cast<std::size_t>(in.CurrentPosition());
    if (length > whole.size() - from) return false;
    in.Skip(static_cast<int>(length));
    return !known || content(whole.substr(from, length), *known, inner);
  }

  bool content(std::string_view bytes, const FieldDescriptor& known, std::string& inner) {
    if (known.type() == FieldDescriptor::TYPE_MESSAGE) return message(bytes, *known.message_type(), inner);
    if (known.type() == FieldDescriptor::TYPE_STRING) return well_formed_utf8(bytes);
    if (known.type() == FieldDescriptor::TYPE_BYTES || !known.is_packable()) return true;
    return packed(bytes, WireFormat::WireTypeForFieldType(known.type()));
  }

  bool packed(std::string_view bytes, WireFormatLite::WireType wire) {
    if (wire == WireFormatLite::WIRETYPE_FIXED32) return bytes.size() % 4 == 0;
    if (wire == WireFormatLite::WIRETYPE_FIXED64) return bytes.size() % 8 == 0;
    CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
    std::uint64_t value = 0;
    while (in.CurrentPosition() < static_cast<int>(bytes.size())) {
      if (!in.ReadVarint64(&value)) return false;
    }
    return true;
  }

  int depth_ = 0;
};

}  // namespace

std::string malformed_field(std::string_view bytes, const google::protobuf::Descriptor& type) {
  std::string path;
  walker().message(bytes, type, path);
  return path;
}

}  // namespace trireme::proto::detail
