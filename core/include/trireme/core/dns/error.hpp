#pragma once
#include <system_error>

namespace trireme::dns {

/// What a look-up can fail with, beside the system's own errors. The message of each code is Node's name for
/// it. Source: https://nodejs.org/api/dns.html#error-codes and RFC 3493, section 6.1
enum class errc {
  not_found = 1,  ///< ENOTFOUND: there is no such name, or it has no address of that family
  try_again,      ///< EAI_AGAIN: the name server did not answer; later it may
  failed,         ///< EAI_FAIL: the name server refused
  unsupported,    ///< EAI_FAMILY and the like: the system does not know such addresses
};

/// For the standard's conversion of an `errc` to its code.
std::error_code make_error_code(errc code) noexcept;
const std::error_category& error_category() noexcept;

}  // namespace trireme::dns

template <>
struct std::is_error_code_enum<trireme::dns::errc> : std::true_type {};
