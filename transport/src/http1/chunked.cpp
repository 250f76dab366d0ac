#include <trireme/transport/http1/chunked.hpp>

#include <algorithm>
#include <charconv>

#include "chars.hpp"

namespace trireme::transport::http1 {
namespace {

constexpr std::uint8_t max_digits = 16;

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = detail::lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace

chunked_decoder::step chunked_decoder::next(std::string_view bytes) noexcept {
  if (state_ == state::done) return {{}, 0, status::done, http_error::none};
  if (state_ == state::failed) return fail(error_);
  for (std::size_t i = 0; i < bytes.size();) {
    if (state_ == state::data) return take_data(bytes, i);
    if (const http_error error = take_byte(bytes[i++]); error != http_error::none) return fail(error);
    if (state_ == state::done) return {{}, i, status::done, http_error::none};
  }
  return {{}, bytes.size(), status::need_more, http_error::none};
}

chunked_decoder::step chunked_decoder::take_data(std::string_view bytes, std::size_t from) noexcept {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size() - from));
  remaining_ -= size;
  if (remaining_ == 0) state_ = state::data_cr;
  return {bytes.substr(from, size), from + size, status::data, http_error::none};
}

chunked_decoder::step chunked_decoder::fail(http_error error) noexcept {
  state_ = state::failed;
  error_ = error;
  return {{}, 0, status::error, error};
}

http_error chunked_decoder::take_byte(char c) noexcept {
  switch (state_) {
    case state::size_first:
    case state::size:
      return take_size_byte(c);
    case state::size_space:
    case state::extension:
      return take_extension_byte(c);
    case state::size_lf:
      return c == '\n' ? end_size_line() : http_error::bare_cr;
    case state::data_cr:
      state_ = state::data_lf;
      return c == '\r' ? http_error::none : http_error::invalid_chunk_end;
    case state::data_lf:
      state_ = state::size_first;
      return c == '\n' ? http_error::none : http_error::invalid_chunk_end;
    case state::trailer_lf:
      return expect_lf(c, state::line_start);
    case state::end_lf:
      return expect_lf(c, state::done);
    default:
      return take_trailer_byte(c);
  }
}

http_error chunked_decoder::expect_lf(char c, state next) noexcept {
  state_ = next;
  return c == '\n' ? http_error::none : http_error::bare_cr;
}

http_error chunked_decoder::take_size_byte(char c) noexcept {
  const int digit = hex_digit(c);
  if (digit < 0) return state_ == state::size ? take_after_size(c) : http_error::invalid_chunk_size;
  if (++digits_ > max_digits) return http_error::invalid_chunk_size;
  remaining_ = remaining_ << 4 | static_cast<std::uint64_t>(digit);
  state_ = state::size;
  return http_error::none;
}

http_error chunked_decoder::take_after_size(char c) noexcept {
  if (c == '\r') {
    state_ = state::size_lf;
    return http_error::none;
  }
  if (c == '\n') return http_error::bare_lf;
  if (c != ';' && c != ' ' && c != '\t') return http_error::invalid_chunk_size;
  state_ = state::size_space;
  return take_extension_byte(c);
}

// White space after the size is allowed only where an extension follows: chunk-ext = *( BWS ";" ... ).
http_error chunked_decoder::take_extension_byte(char c) noexcept {
  if (++extension_bytes_ > limits_.max_extensions) return http_error::chunk_extensions_too_large;
  if (state_ == state::size_space) {
    if (c == ';') state_ = state::extension;
    return c == ';' || c == ' ' || c == '\t' ? http_error::none : http_error::invalid_chunk_extension;
  }
  if (c == '\r') state_ = state::size_lf;
  if (c == '\n') return http_error::bare_lf;
  return c == '\r' || detail::is(c, detail::value_char) ? http_error::none
                                                        : http_error::invalid_chunk_extension;
}

http_error chunked_decoder::end_size_line() noexcept {
  digits_ = 0;
  if (remaining_ > limits_.max_body - announced_) return http_error::body_too_large;
  announced_ += remaining_;
  state_ = remaining_ == 0 ? state::line_start : state::data;
  return http_error::none;
}

http_error chunked_decoder::take_trailer_byte(char c) noexcept {
  if (state_ == state::line_start && c == '\r') {
    state_ = state::end_lf;
    return http_error::none;
  }
  if (++trailer_bytes_ > limits_.max_trailers) return http_error::trailers_too_large;
  if (c == '\n') return http_error::bare_lf;
  if (state_ == state::trailer_value) {
    if (c == '\r') state_ = state::trailer_lf;
    return c == '\r' || detail::is(c, detail::value_char) ? http_error::none
                                                          : http_error::invalid_header_value;
  }
  if (state_ == state::line_start && (c == ' ' || c == '\t')) return http_error::obsolete_fold;
  const bool named = state_ == state::trailer_name;
  state_ = named && c == ':' ? state::trailer_value : state::trailer_name;
  return state_ == state::trailer_value || detail::is(c, detail::token_char)
             ? http_error::none
             : http_error::invalid_header_name;
}

chunk_header make_chunk_header(std::uint64_t size) noexcept {
  chunk_header header{};
  char* const end = std::to_chars(header.bytes.data(), header.bytes.data() + 16, size, 16).ptr;
  end[0] = '\r';
  end[1] = '\n';
  header.size = static_cast<std::uint8_t>(end + 2 - header.bytes.data());
  return header;
}

}  // namespace trireme::transport::http1
