#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace trireme::transport::websocket::detail {

// SHA-1 (RFC 3174): for the handshake, where it protects nothing and OpenSSL must not be needed.
std::array<std::uint8_t, 20> sha1(std::string_view message) noexcept;

}  // namespace trireme::transport::websocket::detail
