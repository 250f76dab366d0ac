#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace trireme::transport::http1 {

/// The methods of RFC 9110 §9 and RFC 5789. `other` is any further valid token: its text is in the head.
enum class request_method : std::uint8_t {
  get,
  head,
  post,
  put,
  delete_,
  patch,
  options,
  connect,
  trace,
  other
};

/// The protocol version of a message. Nothing else is parsed.
enum class http_version : std::uint8_t { http_1_0, http_1_1 };

/// The four shapes of a request target (RFC 9112 §3.2).
enum class target_form : std::uint8_t {
  origin,     ///< /path?query
  absolute,   ///< http://host/path?query, as sent to proxies; must be accepted
  authority,  ///< host:port, CONNECT only
  asterisk    ///< *, OPTIONS only
};

/// One field line. Views into whatever buffer the maker of the struct names; the value has no white space
/// around it.
struct header {
  std::string_view name;
  std::string_view value;
};

/// A parsed request head: views into the bytes that were parsed, and what their framing fields mean.
///
/// Lifetime: every view is valid as long as the caller's bytes stay where they were during the `parse_head`
/// that returned `complete`; contents are unspecified after any other outcome. The object is some 3 KiB,
/// allocates nothing, and is meant to be used again and again: one for each loop suffices.
struct request_head {
  static constexpr std::size_t header_capacity =
      100;  ///< as many field lines fit; `parser_limits` may ask for fewer

  request_head() noexcept {}

  request_method method = request_method::other;
  http_version version = http_version::http_1_1;
  target_form form = target_form::origin;
  bool chunked = false;             ///< the body comes in the chunked coding
  bool keep_alive = true;           ///< the peer is willing to send another request (RFC 9112 §9.3)
  bool expect_continue = false;     ///< the peer waits for 100 (Continue) before it sends the body
  bool connection_upgrade = false;  ///< Connection names upgrade
  bool upgrade_websocket = false;   ///< Upgrade names websocket, and the version is 1.1
  std::optional<std::uint64_t> content_length;

  std::string_view method_text;  ///< as sent; methods are case-sensitive
  std::string_view target;       ///< as sent
  std::string_view
      path;  ///< without query; "/" where an absolute target has none; "*" and host:port as they are
  std::string_view query;  ///< after the first '?', without it; percent-encoding is left to the reader
  std::string_view host;   ///< from an absolute target, else from Host (RFC 9112 §3.2.2); may be empty

  /// All field lines in the order they were sent.
  std::span<const header> headers() const noexcept { return {fields_.data(), count_}; }

  /// The value of the first field of that name, whatever the case of either. A field that was sent with an
  /// empty value is an empty view, not an absence.
  std::optional<std::string_view> find(std::string_view name) const noexcept;

  /// True where the peer asks to switch to WebSocket; `websocket::check_upgrade` judges the rest.
  bool wants_websocket() const noexcept { return connection_upgrade && upgrade_websocket; }

  /// Forgets the field lines and resets all that follows from them. For parsers.
  void clear() noexcept;

  /// Adds a field line; there must be room. For parsers.
  void add(header field) noexcept { fields_[count_++] = field; }

private:
  std::uint32_t count_ = 0;
  std::array<header, header_capacity> fields_;
};

inline void request_head::clear() noexcept {
  count_ = 0;
  chunked = expect_continue = connection_upgrade = upgrade_websocket = false;
  content_length.reset();
  query = {};
  host = {};
}

/// Compares two field names or tokens as HTTP does: ASCII letters without regard to case.
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// Whether the comma-separated list in a field value names `token`, without regard to case (RFC 9110 §5.6.1).
bool list_names(std::string_view list, std::string_view token) noexcept;

/// Takes the next element off a comma-separated list: trimmed, empty ones skipped. Empty when nothing is
/// left.
std::string_view take_list_element(std::string_view& list) noexcept;

}  // namespace trireme::transport::http1
