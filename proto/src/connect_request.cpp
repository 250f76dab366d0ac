#include "connect_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace trireme::proto::connect {
namespace {

using transport::http1::equals_ignoring_case;

constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_identifier(std::string_view text) noexcept {
  return !text.empty() && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_utf8_charset(std::string_view parameter) noexcept {
  const auto equals = parameter.find('=');
  if (equals == std::string_view::npos ||
      !equals_ignoring_case(trim(parameter.substr(0, equals)), "charset")) {
    return false;
  }
  std::string_view value = trim(parameter.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  return equals_ignoring_case(value, "utf-8");
}

// What HTTP is about, and what the calls' own context already says.
constexpr std::array<std::string_view, 17> not_metadata{"accept",
                                                        "accept-encoding",
                                                        "accept-language",
                                                        "connection",
                                                        "content-encoding",
                                                        "content-length",
                                                        "content-type",
                                                        "expect",
                                                        "host",
                                                        "keep-alive",
                                                        "te",
                                                        "trailer",
                                                        "transfer-encoding",
                                                        "upgrade",
                                                        "connect-protocol-version",
                                                        "connect-timeout-ms",
                                                        "priority"};

bool is_metadata(std::string_view name) noexcept {
  if (name.size() > 4 && equals_ignoring_case(name.substr(0, 4), "sec-")) return false;
  return std::none_of(not_metadata.begin(), not_metadata.end(),
                      [&](std::string_view other) { return equals_ignoring_case(name, other); });
}

status read_timeout(std::string_view text, std::optional<duration>& timeout) {
  std::uint64_t milliseconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (text.size() > 10 || failure != std::errc() || end != text.data() + text.size()) {
    return status(code::invalid_argument, "connect-timeout-ms: not a number of at most 10 digits");
  }
  timeout = std::chrono::milliseconds(milliseconds);
  return {};
}

}  // namespace

std::optional<encoding> encoding_of(std::string_view content_type) noexcept {
  const auto semicolon = content_type.find(';');
  const std::string_view type = trim(content_type.substr(0, semicolon));
  const bool plain = semicolon == std::string_view::npos;
  if (equals_ignoring_case(type, "application/proto") && plain) return encoding::protobuf;
  if (!equals_ignoring_case(type, "application/json")) return std::nullopt;
  if (plain || is_utf8_charset(trim(content_type.substr(semicolon + 1)))) return encoding::json;
  return std::nullopt;
}

std::string_view content_type_of(encoding format) noexcept {
  return format == encoding::json ? "application/json" : "application/proto";
}

bool looks_like_rpc(std::string_view path) noexcept {
  if (path.empty() || path.front() != '/') return false;
  const auto slash = path.find('/', 1);
  if (slash == std::string_view::npos || !is_identifier(path.substr(slash + 1))) return false;
  std::string_view service = path.substr(1, slash - 1);
  if (service.find('.') == std::string_view::npos) return false;
  for (auto dot = service.find('.'); dot != std::string_view::npos; dot = service.find('.')) {
    if (!is_identifier(service.substr(0, dot))) return false;
    service.remove_prefix(dot + 1);
  }
  return is_identifier(service);
}

std::string_view header_of(const request& given, std::string_view name) noexcept {
  for (const auto& field : given.headers) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

status read_protocol_headers(const request& given, std::optional<duration>& timeout) {
  for (const auto& [name, value] : given.headers) {
    if (equals_ignoring_case(name, "connect-protocol-version") && value != "1") {
      return status(code::invalid_argument, "connect-protocol-version: only 1 is spoken here");
    }
    if (equals_ignoring_case(name, "connect-timeout-ms")) {
      if (status read = read_timeout(value, timeout); !read) return read;
    }
    if (equals_ignoring_case(name, "content-encoding") && !equals_ignoring_case(value, "identity")) {
      return status(code::unimplemented, "content-encoding: only identity is supported");
    }
  }
  return {};
}

metadata metadata_of(const request& given) {
  metadata collected;
  for (const auto& [name, value] : given.headers) {
    if (is_metadata(name) && metadata::valid(name, value)) collected.add(name, value);
  }
  return collected;
}

}  // namespace trireme::proto::connect
