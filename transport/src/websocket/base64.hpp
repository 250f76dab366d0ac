#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace trireme::transport::websocket::detail {

// Writes the base64 of `bytes` with padding (RFC 4648 §4): four characters for each three bytes begun.
void encode_base64(std::span<const std::uint8_t> bytes, char* out) noexcept;

// Whether `text` is the one base64 form of exactly 16 bytes: 22 digits, of which the last has four zero bits,
// and "==".
bool is_base64_of_16_bytes(std::string_view text) noexcept;

}  // namespace trireme::transport::websocket::detail
