#pragma once
#include <string>
#include <string_view>

namespace google::protobuf {
class Descriptor;
}

namespace trireme::proto::detail {

/// The path of the first field, "range.limit", at which bytes are no message of that type; empty where the
/// fault lies outside of the known fields. For bytes that protobuf has refused, whose parser does not say
/// where.
std::string malformed_field(std::string_view bytes, const google::protobuf::Descriptor& type);

}  // namespace trireme::proto::detail
