#pragma once
#include <concepts>
#include <cstddef>
#include <string>

namespace trireme::transport::detail {

template <class Buffer>
concept preparable_buffer = requires(Buffer& out, std::size_t n) {
  { out.prepare(n) } -> std::convertible_to<char*>;
  out.commit(n);
};

/// A buffer that codecs write into: room is asked for first, and what was used is committed.
template <class Buffer>
concept output_buffer = preparable_buffer<Buffer> || std::same_as<Buffer, std::string>;

/// Lets `write(char*)` write at most `bound` bytes at the end of `out`; it returns the end of what it wrote.
template <output_buffer Buffer, class Write>
void append_with(Buffer& out, std::size_t bound, Write&& write) {
  if constexpr (preparable_buffer<Buffer>) {
    char* const at = out.prepare(bound);
    out.commit(static_cast<std::size_t>(write(at) - at));
  } else if (bound <= 512) {
    char local[512];  // cheaper than to grow the string twice, which would clear the room first
    out.append(local, static_cast<std::size_t>(write(local) - local));
  } else {
    const std::size_t before = out.size();
    out.resize(before + bound);
    char* const at = out.data() + before;
    out.resize(before + static_cast<std::size_t>(write(at) - at));
  }
}

}  // namespace trireme::transport::detail
