#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trireme::fuzz {

/// Cuts an input into pieces whose sizes follow from the input itself, so that a finding can be repeated.
class splitter {
public:
  explicit splitter(std::string_view input) noexcept : rest_(input) {
    for (const char c : input) state_ = (state_ ^ static_cast<std::uint8_t>(c)) * 1099511628211u;
  }

  bool done() const noexcept { return rest_.empty(); }

  /// The next piece: mostly a few bytes, now and then many.
  std::string_view next() noexcept {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    const std::uint64_t random = state_ >> 33;
    const std::size_t wanted = 1 + (random % 8 == 0 ? random / 8 % 4096 : random / 8 % 7);
    const std::string_view piece = rest_.substr(0, wanted);
    rest_.remove_prefix(piece.size());
    return piece;
  }

private:
  std::string_view rest_;
  std::uint64_t state_ = 14695981039346656037u;
};

}  // namespace trireme::fuzz
