#pragma once
#include <string>
#include <string_view>
#include <trireme/proto/encoding.hpp>
#include <trireme/proto/status.hpp>

namespace google::protobuf {
class Message;
}

namespace trireme::proto {

/// Reads one message, replacing what `into` holds. Unknown fields are ignored in JSON and kept in protobuf.
/// Malformed bytes are `code::invalid_argument`, and the text begins with the path of the field where there
/// is one: "range.limit: invalid value ...". Then `into` is unspecified.
///
/// Thread: any. Limits: nesting of 100 levels; size is the binding's to limit.
status decode(encoding format, std::string_view bytes, google::protobuf::Message& into);

/// Appends the message's bytes. JSON leaves out fields that have their default value.
void encode(encoding format, const google::protobuf::Message& message, std::string& append_to);

}  // namespace trireme::proto
