#include "chat/rules.hpp"

#include <algorithm>

namespace trireme::services::chat {

namespace {

constexpr std::size_t longest_room = 64;
constexpr std::size_t longest_name = 32;
constexpr std::size_t longest_text = 4000;

bool names_a_room(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

proto::status wrong(const char* what) { return {proto::code::invalid_argument, what}; }

}  // namespace

proto::status check_room(std::string_view room) {
  if (!room.empty() && room.size() <= longest_room && std::all_of(room.begin(), room.end(), names_a_room))
    return {};
  return wrong("room: must be 1 to 64 letters, digits, '-', '_' or '.'");
}

proto::status check_name(std::string_view name) {
  const bool control =
      std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (!blank(name) && !control && characters(name) <= longest_name) return {};
  return wrong("name: must be 1 to 32 characters, not only blanks");
}

proto::status check_text(std::string_view text) {
  if (!blank(text) && text.size() <= longest_text) return {};
  return wrong("text: must be 1 to 4,000 bytes, not only blanks");
}

}  // namespace trireme::services::chat
