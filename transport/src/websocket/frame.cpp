#include <trireme/transport/websocket/frame.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace trireme::transport::websocket {
namespace {

char byte_of(std::uint64_t value, unsigned index) noexcept {
  return static_cast<char>(value >> (8 * index) & 0xff);
}

frame_header header_with(opcode kind, std::uint64_t size, bool fin, unsigned mask_bit) noexcept {
  frame_header header;
  header.bytes[0] = static_cast<char>((fin ? 0x80u : 0u) | static_cast<unsigned>(kind));
  if (size <= 125) {
    header.bytes[1] = static_cast<char>(mask_bit | static_cast<unsigned>(size));
    header.size = 2;
    return header;
  }
  const unsigned width = size <= 0xffff ? 2 : 8;
  header.bytes[1] = static_cast<char>(mask_bit | (width == 2 ? 126u : 127u));
  for (unsigned i = 0; i < width; ++i) header.bytes[2 + i] = byte_of(size, width - 1 - i);
  header.size = static_cast<std::uint8_t>(2 + width);
  return header;
}

// The key as a word in memory order, beginning with the byte for this place of the payload.
std::uint32_t key_from(mask_key key, int place) noexcept {
  std::uint32_t word;
  std::memcpy(&word, key.data(), 4);
  return std::endian::native == std::endian::little ? std::rotr(word, 8 * place) : std::rotl(word, 8 * place);
}

template <class Word>
Word masked(char* p, Word key) noexcept {
  Word word;
  std::memcpy(&word, p, sizeof word);
  word ^= key;
  std::memcpy(p, &word, sizeof word);
  return word;
}

#if defined(__SSE2__)
__m128i masked16(char* p, __m128i key) noexcept {
  auto* const at = reinterpret_cast<__m128i*>(p);
  const __m128i plain = _mm_xor_si128(_mm_loadu_si128(at), key);
  _mm_storeu_si128(at, plain);
  return plain;
}

// Sixteen bytes at a time, then what is left to the caller: the key has come round.
bool mask_blocks(char*& p, const char* end, std::uint32_t key) noexcept {
  const __m128i keys = _mm_set1_epi32(static_cast<int>(key));
  __m128i seen = _mm_setzero_si128();
  for (; end - p >= 64; p += 64) {
    const __m128i a = _mm_or_si128(masked16(p, keys), masked16(p + 16, keys));
    const __m128i b = _mm_or_si128(masked16(p + 32, keys), masked16(p + 48, keys));
    seen = _mm_or_si128(seen, _mm_or_si128(a, b));
  }
  for (; end - p >= 16; p += 16) seen = _mm_or_si128(seen, masked16(p, keys));
  return _mm_movemask_epi8(seen) == 0;
}
#else
bool mask_blocks(char*& p, const char* end, std::uint32_t key) noexcept {
  const std::uint64_t keys = std::uint64_t{key} << 32 | key;
  std::uint64_t seen = 0;
  for (; end - p >= 8; p += 8) seen |= masked(p, keys);
  return (seen & 0x8080808080808080u) == 0;
}
#endif

}  // namespace

frame_header make_frame_header(opcode kind, std::uint64_t payload_size, bool fin) noexcept {
  return header_with(kind, payload_size, fin, 0);
}

frame_header make_masked_frame_header(opcode kind, std::uint64_t payload_size, mask_key key,
                                      bool fin) noexcept {
  frame_header header = header_with(kind, payload_size, fin, 0x80);
  std::copy(key.begin(), key.end(), header.bytes.begin() + header.size);
  header.size = static_cast<std::uint8_t>(header.size + key.size());
  return header;
}

bool apply_mask(char* data, std::size_t size, mask_key key, std::uint64_t offset) noexcept {
  char* p = data;
  char* const end = data + size;
  const std::uint32_t word = key_from(key, static_cast<int>(offset % 4));
  const bool ascii = size < 8 || mask_blocks(p, end, word);
  std::uint32_t seen = 0;
  for (; end - p >= 4; p += 4) seen |= masked(p, word);
  std::memcpy(key.data(), &word, 4);
  for (std::size_t i = 0; p != end; ++p, ++i)
    seen |= static_cast<std::uint8_t>(*p = static_cast<char>(*p ^ key[i]));
  return ascii && (seen & 0x80808080u) == 0;
}

close_payload::close_payload(close_code code, std::string_view reason) noexcept {
  if (code == close_code::none || code == close_code::no_status) return;
  std::size_t size = std::min(reason.size(), max_control_payload - 2);
  while (size < reason.size() && size > 0 && (static_cast<std::uint8_t>(reason[size]) & 0xc0u) == 0x80)
    --size;
  bytes_[0] = byte_of(static_cast<std::uint16_t>(code), 1);
  bytes_[1] = byte_of(static_cast<std::uint16_t>(code), 0);
  std::copy_n(reason.begin(), size, bytes_.begin() + 2);
  size_ = static_cast<std::uint8_t>(size + 2);
}

}  // namespace trireme::transport::websocket
