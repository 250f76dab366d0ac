#include "utf8.hpp"

namespace trireme::proto::detail {
namespace {

std::size_t announced_length(unsigned char lead) noexcept {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

/// The second byte's range excludes overlong forms, surrogates and what lies past U+10FFFF.
bool second_fits(unsigned char lead, unsigned char byte) noexcept {
  const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  return byte >= low && byte <= high;
}

}  // namespace

std::size_t utf8_sequence(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = announced_length(lead);
  if (length == 0 || length > text.size()) return 0;
  if (length > 1 && !second_fits(lead, static_cast<unsigned char>(text[1]))) return 0;
  for (std::size_t at = 2; at < length; ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace trireme::proto::detail
