#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trireme::dns {

/// The kind of an address, and what a look-up asks for.
enum class family : std::uint8_t { any, ipv4, ipv6 };

/// An IPv4 or IPv6 address with a port: what a socket connects to.
///
/// Thread: a value; copies freely.
class address {
public:
  /// No address: the family is `any`, the text empty.
  address() noexcept = default;
  /// What the system gave; no address where it is neither AF_INET nor AF_INET6.
  address(const ::sockaddr* given, std::size_t size) noexcept;
  /// Of text as `to_string` writes it: "127.0.0.1", "::1", "fe80::1%eth0". Old ways of writing, "127.1" or
  /// "0x7f000001", are no addresses.
  static std::optional<address> parse(std::string_view text, std::uint16_t port = 0) noexcept;

  dns::family family() const noexcept;
  std::uint16_t port() const noexcept;
  address with_port(std::uint16_t port) const noexcept;
  /// Without the port.
  std::string to_string() const;

  /// For `connect` and the like.
  const ::sockaddr* data() const noexcept { return reinterpret_cast<const ::sockaddr*>(&storage_); }
  std::size_t size() const noexcept;

  friend bool operator==(const address& left, const address& right) noexcept;

private:
  ::sockaddr_in& v4() noexcept { return reinterpret_cast<::sockaddr_in&>(storage_); }
  const ::sockaddr_in& v4() const noexcept { return reinterpret_cast<const ::sockaddr_in&>(storage_); }

  ::sockaddr_in6 storage_{};  // an IPv4 address lies at its beginning
};

}  // namespace trireme::dns
