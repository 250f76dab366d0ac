#include "base64.hpp"

#include <algorithm>

namespace trireme::transport::websocket::detail {
namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

void encode_base64(std::span<const std::uint8_t> bytes, char* out) noexcept {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(3, bytes.size()))) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (i < bytes.size() ? bytes[i] : 0u);
    for (std::size_t i = 0; i < 4; ++i) *out++ = i <= bytes.size() ? digits[group >> (18 - 6 * i) & 63] : '=';
  }
}

bool is_base64_of_16_bytes(std::string_view text) noexcept {
  if (text.size() != 24 || !text.ends_with("==")) return false;
  if (text.substr(0, 22).find_first_not_of(digits) != text.npos) return false;
  return digits.find(text[21]) % 16 == 0;
}

}  // namespace trireme::transport::websocket::detail
