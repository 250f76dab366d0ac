#include <trireme/transport/websocket/utf8.hpp>

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace trireme::transport::websocket {
namespace {

const char* skip_ascii(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
  while (end - p >= 16 && _mm_movemask_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))) == 0)
    p += 16;
#else
  for (std::uint64_t word; end - p >= 8; p += 8) {
    std::memcpy(&word, p, 8);
    if ((word & 0x8080808080808080u) != 0) break;
  }
#endif
  while (p != end && static_cast<std::uint8_t>(*p) < 0x80) ++p;
  return p;
}

}  // namespace

// RFC 3629 §4: the first continuation byte is bounded by the lead, all others are 80 to BF.
bool utf8_validator::begin_sequence(std::uint8_t lead) noexcept {
  if (lead < 0xc2 || lead > 0xf4) return false;
  missing_ = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  low_ = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  high_ = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  return true;
}

bool utf8_validator::feed(std::string_view piece) noexcept {
  const char* p = piece.data();
  const char* const end = p + piece.size();
  for (;;) {
    while (missing_ != 0) {
      if (p == end) return true;
      const auto byte = static_cast<std::uint8_t>(*p++);
      if (byte < low_ || byte > high_) return false;
      low_ = 0x80;
      high_ = 0xbf;
      --missing_;
    }
    p = skip_ascii(p, end);
    if (p == end) return true;
    if (!begin_sequence(static_cast<std::uint8_t>(*p++))) return false;
  }
}

bool is_utf8(std::string_view text) noexcept {
  utf8_validator validator;
  return validator.feed(text) && validator.complete();
}

}  // namespace trireme::transport::websocket
