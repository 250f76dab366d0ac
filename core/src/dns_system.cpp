#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <trireme/core/dns/lookup_cache.hpp>
#include <trireme/core/error.hpp>

namespace trireme::dns {

namespace {

class category final : public std::error_category {
public:
  const char* name() const noexcept override { return "dns"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::not_found:
        return "ENOTFOUND";
      case errc::try_again:
        return "EAI_AGAIN";
      case errc::failed:
        return "EAI_FAIL";
      case errc::unsupported:
        return "EAI_FAMILY";
    }
    return "unknown error";
  }
};

error failure_of(int code, int system_error, const std::string& host) {
  const auto with = [&](errc kind) { return error(make_error_code(kind), "getaddrinfo", host); };
  switch (code) {
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY:
#endif
      return with(errc::not_found);
    case EAI_AGAIN:
      return with(errc::try_again);
    case EAI_FAIL:
      return with(errc::failed);
    case EAI_MEMORY:
      return error::from_errno(ENOMEM, "getaddrinfo", host);
    case EAI_SYSTEM:
      return error::from_errno(system_error, "getaddrinfo", host);
    default:
      return with(errc::unsupported);
  }
}

int system_family(family wanted) noexcept {
  switch (wanted) {
    case family::ipv4:
      return AF_INET;
    case family::ipv6:
      return AF_INET6;
    default:
      return AF_UNSPEC;
  }
}

}  // namespace

const std::error_category& error_category() noexcept {
  static const category instance;
  return instance;
}
std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), error_category()}; }

result<std::vector<address>> system_lookup(const std::string& host, family wanted) {
  ::addrinfo hints{};
  hints.ai_family = system_family(wanted);
  hints.ai_socktype = SOCK_STREAM;  // otherwise each address comes once for each kind of socket
  ::addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code != 0) return failure_of(code, errno, host);
  const std::unique_ptr<::addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  std::vector<address> addresses;
  for (const ::addrinfo* each = found; each; each = each->ai_next) {
    const address next(each->ai_addr, each->ai_addrlen);
    if (next.family() == family::any) continue;
    if (std::find(addresses.begin(), addresses.end(), next) == addresses.end()) addresses.push_back(next);
  }
  if (addresses.empty()) return error(make_error_code(errc::not_found), "getaddrinfo", host);
  return addresses;
}

}  // namespace trireme::dns
