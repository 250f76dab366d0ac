#pragma once
#include <cstdint>
#include <string_view>

namespace trireme::transport::websocket {

/// Validates UTF-8 (RFC 3629) that arrives in pieces cut anywhere, code points included. No overlong forms,
/// no surrogates, nothing above U+10FFFF. Runs of ASCII are passed sixteen bytes at a time.
class utf8_validator {
public:
  /// Takes in the next piece. False from the first byte that cannot continue a valid text on; then `reset`.
  bool feed(std::string_view piece) noexcept;

  /// Whether the text may end here: no code point is open.
  bool complete() const noexcept { return missing_ == 0; }

  void reset() noexcept { missing_ = 0; }

private:
  bool begin_sequence(std::uint8_t lead) noexcept;

  std::uint8_t missing_ = 0;  // continuation bytes that the open code point still needs
  std::uint8_t low_ = 0x80;   // bounds of the next of them
  std::uint8_t high_ = 0xbf;
};

/// Whether `text` as a whole is UTF-8.
bool is_utf8(std::string_view text) noexcept;

}  // namespace trireme::transport::websocket
