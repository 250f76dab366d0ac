#include "wire_metadata.hpp"

#include <trireme/wire/v1/wire.pb.h>

#include <algorithm>
#include <trireme/transport/websocket/utf8.hpp>

namespace trireme::proto::wire {
namespace {

std::string as_utf8(std::string text) {
  if (transport::websocket::is_utf8(text)) return text;
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return text;
}

}  // namespace

status gather(const trireme::wire::v1::Open& open, const std::string& token, std::size_t limit,
              metadata& into) {
  std::size_t size = open.method().size() + token.size();
  for (const auto& [name, value] : open.metadata()) {
    size += name.size() + value.size();
    if (size > limit) break;
    if (!metadata::valid(name, value)) return status(code::invalid_argument, "the metadata is malformed");
    into.add(name, value);
  }
  if (size > limit) {
    return status(code::resource_exhausted, "more than " + std::to_string(limit) + " bytes of metadata");
  }
  if (!token.empty() && !into.find("authorization")) into.add("authorization", token);
  return {};
}

void fill(const status& outcome, const metadata& trailers, trireme::wire::v1::Status& frame) {
  frame.set_code(static_cast<std::uint32_t>(outcome.code()));
  frame.set_message(as_utf8(outcome.message()));
  for (const metadata_entry& entry : trailers) {
    std::string& value = (*frame.mutable_metadata())[entry.name];
    if (!value.empty()) value += ',';
    value += as_utf8(entry.value);
  }
}

}  // namespace trireme::proto::wire
