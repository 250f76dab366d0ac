#include <trireme/transport/http1/response_writer.hpp>

#include <array>
#include <charconv>
#include <cstring>

#include "chars.hpp"

namespace trireme::transport::http1 {
namespace {

struct status_line {
  int code;
  std::string_view text;
};

// RFC 9110 §15, RFC 6585, RFC 7725, RFC 8470, and 499, which Connect pairs with a cancelled call.
#define TRIREME_STATUS(code, reason) \
  status_line { code, "HTTP/1.1 " #code " " reason "\r\n" }
constexpr std::array status_lines{
    TRIREME_STATUS(100, "Continue"),
    TRIREME_STATUS(101, "Switching Protocols"),
    TRIREME_STATUS(103, "Early Hints"),
    TRIREME_STATUS(200, "OK"),
    TRIREME_STATUS(201, "Created"),
    TRIREME_STATUS(202, "Accepted"),
    TRIREME_STATUS(203, "Non-Authoritative Information"),
    TRIREME_STATUS(204, "No Content"),
    TRIREME_STATUS(205, "Reset Content"),
    TRIREME_STATUS(206, "Partial Content"),
    TRIREME_STATUS(300, "Multiple Choices"),
    TRIREME_STATUS(301, "Moved Permanently"),
    TRIREME_STATUS(302, "Found"),
    TRIREME_STATUS(303, "See Other"),
    TRIREME_STATUS(304, "Not Modified"),
    TRIREME_STATUS(307, "Temporary Redirect"),
    TRIREME_STATUS(308, "Permanent Redirect"),
    TRIREME_STATUS(400, "Bad Request"),
    TRIREME_STATUS(401, "Unauthorized"),
    TRIREME_STATUS(402, "Payment Required"),
    TRIREME_STATUS(403, "Forbidden"),
    TRIREME_STATUS(404, "Not Found"),
    TRIREME_STATUS(405, "Method Not Allowed"),
    TRIREME_STATUS(406, "Not Acceptable"),
    TRIREME_STATUS(407, "Proxy Authentication Required"),
    TRIREME_STATUS(408, "Request Timeout"),
    TRIREME_STATUS(409, "Conflict"),
    TRIREME_STATUS(410, "Gone"),
    TRIREME_STATUS(411, "Length Required"),
    TRIREME_STATUS(412, "Precondition Failed"),
    TRIREME_STATUS(413, "Content Too Large"),
    TRIREME_STATUS(414, "URI Too Long"),
    TRIREME_STATUS(415, "Unsupported Media Type"),
    TRIREME_STATUS(416, "Range Not Satisfiable"),
    TRIREME_STATUS(417, "Expectation Failed"),
    TRIREME_STATUS(421, "Misdirected Request"),
    TRIREME_STATUS(422, "Unprocessable Content"),
    TRIREME_STATUS(425, "Too Early"),
    TRIREME_STATUS(426, "Upgrade Required"),
    TRIREME_STATUS(428, "Precondition Required"),
    TRIREME_STATUS(429, "Too Many Requests"),
    TRIREME_STATUS(431, "Request Header Fields Too Large"),
    TRIREME_STATUS(451, "Unavailable For Legal Reasons"),
    TRIREME_STATUS(499, "Client Closed Request"),
    TRIREME_STATUS(500, "Internal Server Error"),
    TRIREME_STATUS(501, "Not Implemented"),
    TRIREME_STATUS(502, "Bad Gateway"),
    TRIREME_STATUS(503, "Service Unavailable"),
    TRIREME_STATUS(504, "Gateway Timeout"),
    TRIREME_STATUS(505, "HTTP Version Not Supported"),
};
#undef TRIREME_STATUS

constexpr int lowest = 100;
constexpr int highest = 599;

// Where each code's line is, plus one; 0 where we know no reason.
constexpr std::array<std::uint8_t, highest - lowest + 1> index_status_lines() {
  std::array<std::uint8_t, highest - lowest + 1> index{};
  std::uint8_t place = 0;
  for (const status_line& line : status_lines) index[static_cast<std::size_t>(line.code - lowest)] = ++place;
  return index;
}

constexpr auto status_index = index_status_lines();
constexpr std::size_t longest_status_line = 64;
constexpr std::size_t fixed_fields_bound =
    160;  // status line, framing, connection, empty line; names of the optional two

std::string_view line_of(int status) noexcept {
  const std::uint8_t place = status_index[static_cast<std::size_t>(status - lowest)];
  return place == 0 ? std::string_view{} : status_lines[place - 1u].text;
}

char* put(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

template <std::size_t N>
char* put(char* out, const char (&literal)[N]) noexcept {
  std::memcpy(out, literal, N - 1);
  return out + N - 1;
}

char* put_field(char* out, std::string_view name, std::string_view value) noexcept {
  out = put(put(out, name), ": ");
  if (!value.empty()) out = put(out, value);
  return put(out, "\r\n");
}

char* put_unknown_status(char* out, int status) noexcept {
  out = std::to_chars(put(out, "HTTP/1.1 "), out + 12, status).ptr;
  return put(out, " \r\n");
}

bool may_have_length(int status) noexcept { return status >= 200 && status != 204; }

char* put_framing(char* out, const response_head& head) noexcept {
  if (!may_have_length(head.status) || head.framing == body_framing::none) return out;
  if (head.framing == body_framing::chunked) return put(out, "Transfer-Encoding: chunked\r\n");
  out = put(out, "Content-Length: ");
  return put(std::to_chars(out, out + 20, head.content_length).ptr, "\r\n");
}

char* put_connection(char* out, connection_option option) noexcept {
  if (option == connection_option::none) return out;
  return option == connection_option::close ? put(out, "Connection: close\r\n")
                                            : put(out, "Connection: keep-alive\r\n");
}

bool safe_value(std::string_view value) noexcept {
  const char* const end = value.data() + value.size();
  return detail::skip_value(value.data(), end) == end;
}

bool reserved(const header& field) noexcept {
  switch (field.name.size()) {
    case 10:
      return detail::same_name(field.name.data(), "connection") &&
             !equals_ignoring_case(field.value, "upgrade");
    case 14:
      return detail::same_name(field.name.data(), "content-length");
    case 17:
      return detail::same_name(field.name.data(), "transfer-encoding");
    default:
      return false;
  }
}

}  // namespace

connection_option connection_option_for(const request_head& request, bool keep) noexcept {
  if (!keep) return connection_option::close;
  return request.version == http_version::http_1_0 ? connection_option::keep_alive : connection_option::none;
}

std::string_view reason_phrase(int status) noexcept {
  if (status < lowest || status > highest) return {};
  const std::string_view line = line_of(status);
  return line.empty() ? line : line.substr(13, line.size() - 15);
}

http_error check_response_head(const response_head& head) noexcept {
  if (head.status < lowest || head.status > highest) return http_error::invalid_status;
  if (!safe_value(head.content_type) || !safe_value(head.date)) return http_error::unsafe_header_value;
  for (const header& field : head.headers) {
    if (field.name.empty() || !detail::all(field.name, detail::token_char))
      return http_error::unsafe_header_name;
    if (!safe_value(field.value)) return http_error::unsafe_header_value;
    if (reserved(field)) return http_error::reserved_header;
  }
  return http_error::none;
}

std::size_t response_head_bound(const response_head& head) noexcept {
  static_assert(longest_status_line +
                    sizeof "Content-Length: 18446744073709551615\r\nConnection: keep-alive\r\n" +
                    sizeof "Content-Type: \r\nDate: \r\n\r\n" <=
                fixed_fields_bound);
  std::size_t bound = fixed_fields_bound + head.content_type.size() + head.date.size();
  for (const header& field : head.headers) bound += field.name.size() + field.value.size() + 4;
  return bound;
}

char* write_response_head(char* out, const response_head& head) noexcept {
  const std::string_view line = line_of(head.status);
  out = line.empty() ? put_unknown_status(out, head.status) : put(out, line);
  out = put_connection(put_framing(out, head), head.connection);
  if (!head.content_type.empty()) out = put_field(out, "Content-Type", head.content_type);
  if (!head.date.empty()) out = put_field(out, "Date", head.date);
  for (const header& field : head.headers) out = put_field(out, field.name, field.value);
  return put(out, "\r\n");
}

}  // namespace trireme::transport::http1
