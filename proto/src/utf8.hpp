#pragma once
#include <cstddef>
#include <string_view>

namespace trireme::proto::detail {

/// The length of the well-formed UTF-8 sequence that `text` begins with; 0 where it begins with none (RFC
/// 3629 §4).
std::size_t utf8_sequence(std::string_view text) noexcept;

inline bool well_formed_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace trireme::proto::detail
