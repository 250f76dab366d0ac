#pragma once
#include <cstddef>

namespace trireme::detail {

/// Brings `lines` cache lines at `object` here, to be written: one that another core wrote last is this
/// core's alone by the time that it is needed. A hint; any address will do.
template <std::size_t lines = 1>
inline void prefetch_to_write(const void* object) noexcept {
  const char* const first = static_cast<const char*>(object);
  for (std::size_t line = 0; line < lines; ++line) {
#if defined(__x86_64__)
    // Without -mprfchw compilers make a plain prefetch of it, which fetches the line shared: the first write
    // then waits for the other core after all.
    asm volatile("prefetchw %0" : : "m"(first[64 * line]));
#else
    __builtin_prefetch(first + 64 * line, 1);
#endif
  }
}

}  // namespace trireme::detail
