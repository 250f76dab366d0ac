#pragma once
// Puts a global operator new that counts its calls in the place of the library's: for the one source of a
// test program.
#include <cstddef>
#include <cstdlib>
#include <new>

namespace trireme::testing {

inline std::size_t allocations = 0;

}  // namespace trireme::testing

// Not inline, for g++ would take the pair for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++trireme::testing::allocations;
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
