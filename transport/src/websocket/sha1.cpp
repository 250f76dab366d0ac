#include "sha1.hpp"

#include <bit>
#include <cstddef>

namespace trireme::transport::websocket::detail {
namespace {

using digest_words = std::array<std::uint32_t, 5>;
using block = std::array<std::uint8_t, 64>;

struct round_function {
  std::uint32_t mixed;
  std::uint32_t constant;
};

// f(t; B, C, D) and K(t) of RFC 3174 §5.
round_function round_at(std::size_t t, std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept {
  if (t < 20) return {(b & c) | (~b & d), 0x5a827999};
  if (t < 40) return {b ^ c ^ d, 0x6ed9eba1};
  if (t < 60) return {(b & c) | (b & d) | (c & d), 0x8f1bbcdc};
  return {b ^ c ^ d, 0xca62c1d6};
}

std::array<std::uint32_t, 80> schedule(const block& bytes) noexcept {
  std::array<std::uint32_t, 80> w;
  for (std::size_t t = 0; t < 16; ++t)
    w[t] = std::uint32_t{bytes[4 * t]} << 24 | std::uint32_t{bytes[4 * t + 1]} << 16 |
           std::uint32_t{bytes[4 * t + 2]} << 8 | bytes[4 * t + 3];
  for (std::size_t t = 16; t < 80; ++t) w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  return w;
}

void take_block(digest_words& h, const block& bytes) noexcept {
  const auto w = schedule(bytes);
  auto [a, b, c, d, e] = h;
  for (std::size_t t = 0; t < 80; ++t) {
    const round_function f = round_at(t, b, c, d);
    const std::uint32_t next = std::rotl(a, 5) + f.mixed + e + w[t] + f.constant;
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  h = {h[0] + a, h[1] + b, h[2] + c, h[3] + d, h[4] + e};
}

block block_from(std::string_view bytes) noexcept {
  block filled{};
  for (std::size_t i = 0; i < bytes.size(); ++i) filled[i] = static_cast<std::uint8_t>(bytes[i]);
  return filled;
}

void take_last_blocks(digest_words& h, std::string_view rest, std::uint64_t message_size) noexcept {
  block last = block_from(rest);
  last[rest.size()] = 0x80;
  if (rest.size() >= 56) {
    take_block(h, last);
    last = {};
  }
  for (unsigned i = 0; i < 8; ++i) last[56 + i] = static_cast<std::uint8_t>(message_size * 8 >> (56 - 8 * i));
  take_block(h, last);
}

}  // namespace

std::array<std::uint8_t, 20> sha1(std::string_view message) noexcept {
  digest_words h{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::string_view rest = message;
  for (; rest.size() >= 64; rest.remove_prefix(64)) take_block(h, block_from(rest.substr(0, 64)));
  take_last_blocks(h, rest, message.size());
  std::array<std::uint8_t, 20> digest;
  for (std::size_t i = 0; i < 20; ++i) digest[i] = static_cast<std::uint8_t>(h[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

}  // namespace trireme::transport::websocket::detail
