#pragma once
// Puts a global operator new that counts its calls for much memory in the place of the library's: for the one
// source of a test program.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace trireme::testing {

/// What a payload must have for its copies to be counted.
inline constexpr std::size_t mebibyte = std::size_t{1} << 20;
inline std::atomic<std::size_t> large_allocations = 0;

}  // namespace trireme::testing

// Not inline, for g++ would take the pair for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (size >= trireme::testing::mebibyte) {
    trireme::testing::large_allocations.fetch_add(1, std::memory_order_relaxed);
  }
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
