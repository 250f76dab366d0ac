#include <trireme/core/dns/address.hpp>

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace trireme::dns {

namespace {

/// Zero where there is no such interface.
std::uint32_t scope_of(const std::string& name) noexcept {
  std::uint32_t number = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
  if (read.ec == std::errc() && read.ptr == name.data() + name.size()) return number;
  return ::if_nametoindex(name.c_str());
}

}  // namespace

address::address(const ::sockaddr* given, std::size_t size) noexcept {
  const bool fits = (given->sa_family == AF_INET && size >= sizeof(::sockaddr_in)) ||
                    (given->sa_family == AF_INET6 && size >= sizeof(::sockaddr_in6));
  if (fits) std::memcpy(&storage_, given, std::min(size, sizeof storage_));
}

std::optional<address> address::parse(std::string_view text, std::uint16_t port) noexcept {
  constexpr std::size_t longest = INET6_ADDRSTRLEN + IF_NAMESIZE + 1;
  if (text.size() > longest || text.find('\0') != text.npos) return std::nullopt;
  const std::size_t percent = text.find('%');
  const std::string bare(text.substr(0, percent));
  address parsed;
  if (::inet_pton(AF_INET6, bare.c_str(), &parsed.storage_.sin6_addr) == 1) {
    parsed.storage_.sin6_family = AF_INET6;
    if (percent != text.npos) {
      parsed.storage_.sin6_scope_id = scope_of(std::string(text.substr(percent + 1)));
      if (parsed.storage_.sin6_scope_id == 0) return std::nullopt;
    }
    return parsed.with_port(port);
  }
  parsed = address();
  if (percent != text.npos || ::inet_pton(AF_INET, bare.c_str(), &parsed.v4().sin_addr) != 1) {
    return std::nullopt;
  }
  parsed.v4().sin_family = AF_INET;
  return parsed.with_port(port);
}

dns::family address::family() const noexcept {
  if (storage_.sin6_family == AF_INET) return family::ipv4;
  return storage_.sin6_family == AF_INET6 ? family::ipv6 : family::any;
}

// The port lies at the same place in both.
static_assert(offsetof(::sockaddr_in, sin_port) == offsetof(::sockaddr_in6, sin6_port));
std::uint16_t address::port() const noexcept { return ntohs(storage_.sin6_port); }
address address::with_port(std::uint16_t port) const noexcept {
  address changed = *this;
  changed.storage_.sin6_port = htons(port);
  return changed;
}

std::size_t address::size() const noexcept {
  switch (family()) {
    case family::ipv4:
      return sizeof(::sockaddr_in);
    case family::ipv6:
      return sizeof(::sockaddr_in6);
    default:
      return 0;
  }
}

std::string address::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == family::ipv4) return ::inet_ntop(AF_INET, &v4().sin_addr, text.data(), text.size());
  if (family() != family::ipv6) return {};
  std::string written = ::inet_ntop(AF_INET6, &storage_.sin6_addr, text.data(), text.size());
  if (storage_.sin6_scope_id == 0) return written;
  std::array<char, IF_NAMESIZE> name{};
  if (::if_indextoname(storage_.sin6_scope_id, name.data())) return written + "%" + name.data();
  return written + "%" + std::to_string(storage_.sin6_scope_id);
}

bool operator==(const address& left, const address& right) noexcept {
  if (left.family() != right.family() || left.port() != right.port()) return false;
  if (left.family() == dns::family::ipv4) return left.v4().sin_addr.s_addr == right.v4().sin_addr.s_addr;
  return left.storage_.sin6_scope_id == right.storage_.sin6_scope_id &&
         std::memcmp(&left.storage_.sin6_addr, &right.storage_.sin6_addr, sizeof(::in6_addr)) == 0;
}

}  // namespace trireme::dns
