#include <trireme/transport/http1/parser.hpp>

#include <algorithm>
#include <bit>

#include "chars.hpp"
#include "fields.hpp"
#include "target.hpp"

namespace trireme::transport::http1 {
namespace {

using detail::is;
using detail::load;

constexpr std::ptrdiff_t max_method = 32;

constexpr std::uint32_t word(const char (&text)[5]) noexcept {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned at = std::endian::native == std::endian::little ? i : 3 - i;
    value |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(text[i])) << (8 * at);
  }
  return value;
}

request_method method_of(std::string_view text) noexcept {
  constexpr std::string_view names[] = {"GET",   "HEAD",    "POST",    "PUT",  "DELETE",
                                        "PATCH", "OPTIONS", "CONNECT", "TRACE"};
  const auto found = std::find(std::begin(names), std::end(names), text);
  return static_cast<request_method>(found - std::begin(names));
}

// One attempt at one head. Every step says whether the next may run; where not, `error_` tells why: `none`
// means that the bytes have run out.
class head_parser {
public:
  head_parser(std::string_view bytes, request_head& out, detail::field_state& state,
              const parser_limits& limits) noexcept
      : p_(bytes.data()), end_(p_ + bytes.size()), out_(out), state_(state), limits_(limits) {}

  bool parse() noexcept {
    return skip_empty_line() && method() && target() && version() && line_end() && fields() &&
           passes(detail::finish_fields(out_, state_));
  }

  const char* position() const noexcept { return p_; }
  http_error error() const noexcept { return error_; }

private:
  bool fail(http_error error) noexcept {
    error_ = error;
    return false;
  }

  bool passes(http_error error) noexcept {
    error_ = error;
    return error == http_error::none;
  }

  static bool incomplete() noexcept { return false; }

  std::string_view from(const char* start) const noexcept {
    return {start, static_cast<std::size_t>(p_ - start)};
  }

  bool skip_empty_line() noexcept { return p_ == end_ || *p_ != '\r' || line_end(); }

  bool line_end() noexcept {
    if (end_ - p_ >= 2 && p_[0] == '\r' && p_[1] == '\n') {
      p_ += 2;
      return true;
    }
    if (p_ == end_) return incomplete();
    if (*p_ == '\n') return fail(http_error::bare_lf);
    if (*p_ != '\r') return fail(http_error::invalid_version);
    return end_ - p_ < 2 ? incomplete() : fail(http_error::bare_cr);
  }

  bool method() noexcept {
    const char* const start = p_;
    if (end_ - p_ >= 5) {
      const auto first = load<std::uint32_t>(p_);
      if (first == word("GET ")) return known_method(request_method::get, 3);
      if (first == word("POST") && p_[4] == ' ') return known_method(request_method::post, 4);
    }
    p_ = detail::skip(p_, end_, detail::token_char);
    if (p_ - start > max_method) return fail(http_error::method_too_long);
    if (p_ == end_) return incomplete();
    if (*p_ != ' ' || p_ == start) return fail(http_error::invalid_method);
    out_.method_text = from(start);
    out_.method = method_of(out_.method_text);
    ++p_;
    return true;
  }

  bool known_method(request_method method, std::size_t size) noexcept {
    out_.method = method;
    out_.method_text = {p_, size};
    p_ += size + 1;
    return true;
  }

  bool target() noexcept {
    const char* const start = p_;
    p_ = detail::skip_path(p_, end_);
    out_.path = from(start);
    if (p_ != end_ && *p_ == '?') {
      const char* const query = ++p_;
      p_ = detail::skip_query(p_, end_);
      out_.query = from(query);
    }
    out_.target = from(start);
    if (out_.target.size() > limits_.max_target) return fail(http_error::target_too_long);
    if (p_ == end_) return incomplete();
    if (*p_ != ' ' || p_ == start) return fail(http_error::invalid_target);
    ++p_;
    return true;
  }

  bool version() noexcept {
    constexpr std::string_view pattern = "HTTP/1.1";
    if (end_ - p_ < 8) return incomplete_version();
    if (load<std::uint64_t>(p_) == load<std::uint64_t>(pattern.data())) {
      out_.version = http_version::http_1_1;
    } else if (load<std::uint64_t>(p_) == load<std::uint64_t>("HTTP/1.0")) {
      out_.version = http_version::http_1_0;
    } else {
      const bool wellformed = std::string_view(p_, 5) == "HTTP/" && is(p_[5], detail::digit_char) &&
                              p_[6] == '.' && is(p_[7], detail::digit_char);
      return fail(wellformed ? http_error::unsupported_version : http_error::invalid_version);
    }
    p_ += 8;
    return passes(detail::split_target(out_));
  }

  // What cannot become a version any more is said at once, so that "GET / \r\n" is not waited upon.
  bool incomplete_version() noexcept {
    const auto size = static_cast<std::size_t>(end_ - p_);
    for (std::size_t i = 0; i < size; ++i) {
      const bool fits = i == 5 || i == 7 ? is(p_[i], detail::digit_char) : p_[i] == "HTTP/1.1"[i];
      if (!fits) return fail(http_error::invalid_version);
    }
    return incomplete();
  }

  bool fields() noexcept {
    const std::size_t max = std::min(limits_.max_headers, request_head::header_capacity);
    for (;;) {
      if (p_ == end_) return incomplete();
      if (*p_ == '\r') return line_end();
      if (out_.headers().size() == max) return fail(http_error::too_many_headers);
      if (!field()) return false;
    }
  }

  bool field() noexcept {
    const char* const start = p_;
    p_ = detail::skip_name(p_, end_);
    if (p_ == end_) return incomplete();
    if (*p_ != ':' || p_ == start) return fail(wrong_name(start));
    const std::string_view name = from(start);
    ++p_;
    while (p_ != end_ && (*p_ == ' ' || *p_ == '\t')) ++p_;
    const char* const value = p_;
    p_ = detail::skip_value(p_, end_);
    const char* last = p_;
    while (last != value && (last[-1] == ' ' || last[-1] == '\t')) --last;
    if (!field_end()) return false;
    const header field{name, {value, static_cast<std::size_t>(last - value)}};
    out_.add(field);
    return !detail::may_matter(field) || passes(detail::note_field(field, out_, state_));
  }

  http_error wrong_name(const char* start) const noexcept {
    if (p_ != start) return http_error::invalid_header_name;
    if (*p_ == ' ' || *p_ == '\t') return http_error::obsolete_fold;
    return *p_ == '\n' ? http_error::bare_lf : http_error::invalid_header_name;
  }

  bool field_end() noexcept {
    if (p_ != end_ && *p_ != '\r' && *p_ != '\n') return fail(http_error::invalid_header_value);
    return line_end();
  }

  const char* p_;
  const char* const end_;
  request_head& out_;
  detail::field_state&
      state_;  // elsewhere, so that this object's address never leaves and it lives in registers
  const parser_limits& limits_;
  http_error error_ = http_error::none;
};

bool ends_no_line(std::string_view fresh) noexcept {
  return detail::skip_value(fresh.data(), fresh.data() + fresh.size()) == fresh.data() + fresh.size();
}

parse_result failure(http_error error) noexcept { return {0, parse_status::error, error}; }

}  // namespace

parse_result parse_head(std::string_view bytes, request_head& out, const parser_limits& limits,
                        std::size_t seen) noexcept {
  const bool full = bytes.size() >= limits.max_head;
  if (full) bytes = bytes.substr(0, limits.max_head);
  if (seen != 0 && !full && seen <= bytes.size() && ends_no_line(bytes.substr(seen))) return {};
  out.clear();
  detail::field_state state;
  head_parser parser(bytes, out, state, limits);
  if (parser.parse())
    return {static_cast<std::size_t>(parser.position() - bytes.data()), parse_status::complete,
            http_error::none};
  if (parser.error() != http_error::none) return failure(parser.error());
  return full ? failure(http_error::head_too_large) : parse_result{};
}

}  // namespace trireme::transport::http1
