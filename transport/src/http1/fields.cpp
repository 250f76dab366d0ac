#include "fields.hpp"

#include "chars.hpp"

namespace trireme::transport::http1::detail {
namespace {

// Past the bracket that closes an IP literal; null where it is empty or never closed.
const char* skip_literal(const char* start, const char* end) noexcept {
  const char* p = start;
  while (p != end && (*p == ':' || is(*p, host_char))) ++p;
  return p == end || p == start || *p != ']' ? nullptr : p + 1;
}

http_error note_host(std::string_view value, request_head& out, field_state& state) noexcept {
  if (state.host_seen) return http_error::multiple_hosts;
  if (!valid_host(value)) return http_error::invalid_host;
  state.host_seen = true;
  if (out.form != target_form::absolute) out.host = value;  // the target's authority wins (RFC 9112 §3.2.2)
  return http_error::none;
}

http_error note_content_length(std::string_view value, request_head& out) noexcept {
  const auto length = parse_decimal(value);
  if (!length) return http_error::invalid_content_length;
  if (out.content_length && *out.content_length != *length) return http_error::conflicting_content_length;
  out.content_length = length;
  return http_error::none;
}

http_error note_transfer_encoding(std::string_view value, request_head& out, field_state& state) noexcept {
  if (state.coding_seen || !equals_ignoring_case(value, "chunked"))
    return http_error::unsupported_transfer_encoding;
  state.coding_seen = out.chunked = true;
  return http_error::none;
}

void note_connection(std::string_view value, request_head& out, field_state& state) noexcept {
  for (auto option = take_list_element(value); !option.empty(); option = take_list_element(value)) {
    if (equals_ignoring_case(option, "keep-alive"))
      state.keep_alive = true;
    else if (equals_ignoring_case(option, "close"))
      state.close = true;
    else if (equals_ignoring_case(option, "upgrade"))
      out.connection_upgrade = true;
  }
}

http_error note_expect(std::string_view value, field_state& state) noexcept {
  if (!equals_ignoring_case(value, "100-continue")) return http_error::unsupported_expectation;
  state.expect_continue = true;
  return http_error::none;
}

}  // namespace

bool valid_host(std::string_view host) noexcept {
  const char* const end = host.data() + host.size();
  const char* p = host.data();
  if (host.starts_with('[')) {
    p = skip_literal(p + 1, end);
    if (p == nullptr) return false;
  } else {
    p = skip(p, end, host_char);
  }
  return p == end || (*p == ':' && skip(p + 1, end, digit_char) == end);
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(static_cast<std::uint8_t>(c) - std::uint64_t{'0'});
    if (digit > 9 || value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

http_error note_field(const header& field, request_head& out, field_state& state) noexcept {
  const char* const name = field.name.data();
  switch (field.name.size()) {
    case 4:
      if (same_name(name, "host")) return note_host(field.value, out, state);
      break;
    case 6:
      if (same_name(name, "expect")) return note_expect(field.value, state);
      break;
    case 7:
      if (same_name(name, "upgrade") && list_names(field.value, "websocket"))
        state.upgrade_to_websocket = true;
      break;
    case 10:
      if (same_name(name, "connection")) note_connection(field.value, out, state);
      break;
    case 14:
      if (same_name(name, "content-length")) return note_content_length(field.value, out);
      break;
    case 17:
      if (same_name(name, "transfer-encoding")) return note_transfer_encoding(field.value, out, state);
      break;
    default:
      break;
  }
  return http_error::none;
}

http_error finish_fields(request_head& out, const field_state& state) noexcept {
  const bool modern = out.version == http_version::http_1_1;
  if (modern && !state.host_seen) return http_error::missing_host;
  if (out.chunked && out.content_length) return http_error::content_length_with_transfer_encoding;
  if (out.chunked && !modern) return http_error::transfer_encoding_in_http_1_0;
  out.keep_alive = !state.close && (modern || state.keep_alive);
  out.expect_continue = modern && state.expect_continue;  // RFC 9110 §10.1.1: ignore it from 1.0
  out.upgrade_websocket = modern && state.upgrade_to_websocket;
  return http_error::none;
}

}  // namespace trireme::transport::http1::detail
