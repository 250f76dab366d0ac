#pragma once
#include <trireme/transport/http1/errors.hpp>
#include <trireme/transport/http1/request_head.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace trireme::transport::http1::detail {

// What the fields that rule framing and routing have said so far.
struct field_state {
  bool host_seen = false;
  bool coding_seen = false;
  bool close = false;
  bool keep_alive = false;
  bool upgrade_to_websocket = false;
  bool expect_continue = false;
};

// host[:port], where either may be empty (RFC 9110 §7.2).
bool valid_host(std::string_view host) noexcept;

// Digits only, below 2^64.
std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept;

// Whether a field could be one that `note_field` knows: all but a few are told apart by the size of their
// names.
inline bool may_matter(const header& field) noexcept {
  constexpr std::uint32_t sizes = 1u << 4 | 1u << 6 | 1u << 7 | 1u << 10 | 1u << 14 | 1u << 17;
  return field.name.size() < 32 && (sizes >> field.name.size() & 1u) != 0;
}

// Takes in what `field` means for the message. Its name is a token already.
http_error note_field(const header& field, request_head& out, field_state& state) noexcept;

// Judges the fields together, once all are known.
http_error finish_fields(request_head& out, const field_state& state) noexcept;

}  // namespace trireme::transport::http1::detail
