#pragma once
#include <string_view>
#include <trireme/proto/status.hpp>

namespace trireme::services::chat {

/// What the chat accepts; each answers invalid_argument naming the field where it does not.
proto::status check_room(std::string_view room);
proto::status check_name(std::string_view name);
proto::status check_text(std::string_view text);

}  // namespace trireme::services::chat
