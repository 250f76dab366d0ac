#include <trireme/transport/http1/response_writer.hpp>
#include <trireme/transport/websocket/handshake.hpp>

#include <algorithm>

#include "base64.hpp"
#include "sha1.hpp"

namespace trireme::transport::websocket {
namespace {

using http1::equals_ignoring_case;
using http1::take_list_element;

struct meaning {
  int status;
  const char* text;
};

constexpr std::array meanings{
    meaning{101, "accepted"},
    meaning{405, "method is not GET"},
    meaning{400, "HTTP/1.0"},
    meaning{426, "not a WebSocket upgrade"},
    meaning{400, "upgrade request with a body"},
    meaning{426, "Sec-WebSocket-Version is not 13"},
    meaning{400, "invalid Sec-WebSocket-Key"},
    meaning{403, "forbidden Origin"},
    meaning{400, "none of the offered subprotocols is supported"},
};
static_assert(meanings.size() == static_cast<std::size_t>(handshake_error::subprotocol_not_supported) + 1);

class category final : public std::error_category {
public:
  const char* name() const noexcept override { return "trireme.websocket.handshake"; }
  std::string message(int value) const override {
    const auto index = static_cast<std::size_t>(value);
    return index < meanings.size() ? meanings[index].text : "unknown handshake error";
  }
};

// The value of a field that must come exactly once; a null view otherwise.
std::string_view only(const http1::request_head& request, std::string_view name) noexcept {
  std::string_view value;
  int count = 0;
  for (const http1::header& field : request.headers()) {
    if (!equals_ignoring_case(field.name, name)) continue;
    value = field.value;
    ++count;
  }
  return count == 1 ? value : std::string_view{};
}

std::string_view supported(std::string_view offered, std::span<const std::string_view> ours) noexcept {
  const auto found = std::find(ours.begin(), ours.end(), offered);
  return found == ours.end() ? std::string_view{} : *found;
}

// The client lists its wishes in order (RFC 6455 §4.1), over as many field lines as it likes.
std::string_view choose_subprotocol(const http1::request_head& request,
                                    std::span<const std::string_view> ours) noexcept {
  for (const http1::header& field : request.headers()) {
    if (!equals_ignoring_case(field.name, "Sec-WebSocket-Protocol")) continue;
    std::string_view list = field.value;
    for (auto offered = take_list_element(list); !offered.empty(); offered = take_list_element(list))
      if (const auto chosen = supported(offered, ours); !chosen.empty()) return chosen;
  }
  return {};
}

bool origin_allowed(const http1::request_head& request, const handshake_options& options) noexcept {
  if (options.any_origin || !request.find("Origin")) return true;
  const std::string_view origin = only(request, "Origin");
  if (same_host(origin, request.host)) return true;
  return std::any_of(options.allowed_origins.begin(), options.allowed_origins.end(),
                     [origin](std::string_view allowed) { return equals_ignoring_case(origin, allowed); });
}

bool has_body(const http1::request_head& request) noexcept {
  return request.chunked || request.content_length.value_or(0) != 0;
}

handshake_error judge(const http1::request_head& request, const handshake_options& options) noexcept {
  if (request.method != http1::request_method::get) return handshake_error::not_get;
  if (request.version != http1::http_version::http_1_1) return handshake_error::old_version;
  if (!request.wants_websocket()) return handshake_error::not_an_upgrade;
  if (has_body(request)) return handshake_error::has_body;
  if (only(request, "Sec-WebSocket-Version") != "13") return handshake_error::unsupported_version;
  if (!detail::is_base64_of_16_bytes(only(request, "Sec-WebSocket-Key"))) return handshake_error::invalid_key;
  return origin_allowed(request, options) ? handshake_error::none : handshake_error::forbidden_origin;
}

std::string_view without_default_port(std::string_view host, std::string_view port) noexcept {
  if (host.ends_with(port)) host.remove_suffix(port.size());
  return host;
}

}  // namespace

const std::error_category& handshake_category() noexcept {
  static const category instance;
  return instance;
}

std::error_code make_error_code(handshake_error error) noexcept {
  return {static_cast<int>(error), handshake_category()};
}

int http_status_of(handshake_error error) noexcept {
  const auto index = static_cast<std::size_t>(error);
  return index < meanings.size() ? meanings[index].status : 500;
}

accept_key make_accept_key(std::string_view key) noexcept {
  constexpr std::string_view suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<char, 64 + suffix.size()> text{};
  const std::size_t size = std::min<std::size_t>(key.size(), 64);  // a valid key has 24
  std::copy_n(key.begin(), size, text.begin());
  std::copy_n(suffix.begin(), suffix.size(), text.begin() + static_cast<std::ptrdiff_t>(size));
  accept_key accept;
  detail::encode_base64(detail::sha1({text.data(), size + suffix.size()}), accept.data());
  return accept;
}

bool same_host(std::string_view origin, std::string_view host) noexcept {
  const bool tls = equals_ignoring_case(origin.substr(0, 8), "https://");
  if (!tls && !equals_ignoring_case(origin.substr(0, 7), "http://")) return false;
  const std::string_view port = tls ? ":443" : ":80";
  const std::string_view theirs = without_default_port(origin.substr(tls ? 8 : 7), port);
  return !theirs.empty() && equals_ignoring_case(theirs, without_default_port(host, port));
}

handshake_result check_upgrade(const http1::request_head& request,
                               const handshake_options& options) noexcept {
  handshake_result result;
  result.error = judge(request, options);
  result.subprotocol = choose_subprotocol(request, options.subprotocols);
  if (result.accepted() && options.require_subprotocol && result.subprotocol.empty())
    result.error = handshake_error::subprotocol_not_supported;
  result.status = http_status_of(result.error);
  if (result.accepted()) result.accept = make_accept_key(only(request, "Sec-WebSocket-Key"));
  return result;
}

void append_handshake_response(std::string& out, const handshake_result& result) {
  if (result.accepted()) {
    out +=
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\nSec-WebSocket-Accept: ";
    out.append(result.accept.data(), result.accept.size());
    if (!result.subprotocol.empty()) out.append("\r\nSec-WebSocket-Protocol: ").append(result.subprotocol);
    out += "\r\n\r\n";
    return;
  }
  out.append("HTTP/1.1 ").append(std::to_string(result.status)).append(" ");
  out.append(http1::reason_phrase(result.status)).append("\r\nContent-Length: 0\r\n");
  if (result.status == 405) out += "Allow: GET\r\n";
  out += result.status == 426
             ? "Connection: upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"
             : "Connection: close\r\n\r\n";
}

}  // namespace trireme::transport::websocket
