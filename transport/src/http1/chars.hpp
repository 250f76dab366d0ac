#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace trireme::transport::http1::detail {

enum char_class : std::uint8_t {
  token_char = 1,   // RFC 9110 §5.6.2
  target_char = 2,  // printable ASCII but '"', '#', '<' and '>'
  host_char = 4,    // a registered name or IPv4 address, RFC 3986 §3.2.2
  value_char = 8,   // RFC 9110 §5.5: VCHAR, obs-text, SP and HTAB
  digit_char = 16,
};

constexpr std::uint8_t classify(unsigned c) {
  const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
  const bool digit = c >= '0' && c <= '9';
  const auto among = [c](std::string_view set) { return set.find(static_cast<char>(c)) != set.npos; };
  unsigned bits = 0;
  if (letter || digit || (c != 0 && c < 128 && among("!#$%&'*+-.^_`|~"))) bits |= token_char;
  if (c > 0x20 && c < 0x7f && !among("\"#<>")) bits |= target_char;
  if (letter || digit || (c != 0 && c < 128 && among("-._~%!$&'()*+,;="))) bits |= host_char;
  if ((c >= 0x20 && c != 0x7f) || c == '\t') bits |= value_char;
  if (digit) bits |= digit_char;
  return static_cast<std::uint8_t>(bits);
}

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) classes[c] = classify(c);
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> classes = make_classes();

inline bool is(char c, char_class wanted) noexcept {
  return (classes[static_cast<std::uint8_t>(c)] & wanted) != 0;
}

inline bool all(std::string_view text, char_class wanted) noexcept {
  for (const char c : text)
    if (!is(c, wanted)) return false;
  return true;
}

inline const char* skip(const char* p, const char* end, char_class wanted) noexcept {
  while (p != end && is(*p, wanted)) ++p;
  return p;
}

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

template <class Word>
Word load(const char* p) noexcept {
  Word word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// Whether the `N - 1` token characters at `p` are the lower-case letters and dashes of `name`. Setting bit 5
// lowers letters and keeps a dash; what else it would turn into one of them is no token character.
template <std::size_t N>
bool same_name(const char* p, const char (&name)[N]) noexcept {
  constexpr std::size_t size = N - 1;
  if constexpr (size >= 8) {
    constexpr std::uint64_t bit5 = 0x2020202020202020u;
    for (std::size_t i = 0; i + 8 < size; i += 8)
      if ((load<std::uint64_t>(p + i) | bit5) != load<std::uint64_t>(name + i)) return false;
    return (load<std::uint64_t>(p + size - 8) | bit5) == load<std::uint64_t>(name + size - 8);
  } else {
    static_assert(size >= 4);
    constexpr std::uint32_t bit5 = 0x20202020u;
    return (load<std::uint32_t>(p) | bit5) == load<std::uint32_t>(name) &&
           (load<std::uint32_t>(p + size - 4) | bit5) == load<std::uint32_t>(name + size - 4);
  }
}

#if defined(__SSE2__)
inline __m128i load16(const char* p) noexcept { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }

// One bit for each of 16 bytes that no field value may hold.
inline unsigned forbidden_in_value(__m128i x) noexcept {
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
  const __m128i control = _mm_andnot_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('\t')), low);
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(control, _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f)))));
}

// One bit for each of 16 bytes that is neither an ASCII letter nor a dash: what nearly all field names are
// made of.
inline unsigned uncommon_in_name(__m128i x) noexcept {
  const __m128i from_a = _mm_sub_epi8(_mm_or_si128(x, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
  const __m128i letter = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8(25)), from_a);
  const __m128i common = _mm_or_si128(letter, _mm_cmpeq_epi8(x, _mm_set1_epi8('-')));
  return static_cast<unsigned>(_mm_movemask_epi8(common)) ^ 0xffffu;
}

// One bit for each of 16 bytes that may end the path or the query of a target; a few more, which the table
// then clears.
inline unsigned uncommon_in_target(__m128i x) noexcept {
  const __m128i inside =
      _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8(0x20)), _mm_cmplt_epi8(x, _mm_set1_epi8(0x7f)));
  const __m128i quotes = _mm_cmpeq_epi8(_mm_or_si128(x, _mm_set1_epi8(1)), _mm_set1_epi8('#'));
  const __m128i angles = _mm_cmpeq_epi8(_mm_or_si128(x, _mm_set1_epi8(3)), _mm_set1_epi8('?'));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_andnot_si128(_mm_or_si128(quotes, angles), inside))) ^
         0xffffu;
}
#endif

// The first byte that no field value may hold: CR, for well-formed input.
inline const char* skip_value(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
  for (; end - p >= 16; p += 16)
    if (const unsigned stop = forbidden_in_value(load16(p))) return p + std::countr_zero(stop);
#endif
  return skip(p, end, value_char);
}

// The first byte that no token may hold: the colon, for well-formed input.
inline const char* skip_name(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
  if (end - p >= 16) {
    const unsigned stop = uncommon_in_name(load16(p));
    p += stop == 0 ? 16 : std::countr_zero(stop);
  }
#endif
  return skip(p, end, token_char);
}

// The first byte that a path cannot hold, '?' included: a space, for well-formed input without a query.
inline const char* skip_path(const char* p, const char* end) noexcept {
  for (;;) {
#if defined(__SSE2__)
    while (end - p >= 16) {
      const unsigned stop = uncommon_in_target(load16(p));
      if (stop != 0) {
        p += std::countr_zero(stop);
        break;
      }
      p += 16;
    }
#endif
    if (p == end || *p == '?' || !is(*p, target_char)) return p;
    ++p;
  }
}

// The same for a query, which may hold more question marks.
inline const char* skip_query(const char* p, const char* end) noexcept {
  p = skip_path(p, end);
  while (p != end && *p == '?') p = skip_path(p + 1, end);
  return p;
}

}  // namespace trireme::transport::http1::detail
