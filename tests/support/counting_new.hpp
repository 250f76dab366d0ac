#pragma once
// Puts a global operator new that counts its calls in the place of the library's: for the one source of a
// test program.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace trireme::testing {

/// What a payload must have for its copies to be counted.
inline constexpr std::size_t mebibyte = std::size_t{1} << 20;

inline thread_local std::size_t allocations = 0;  // of this thread
inline std::atomic<std::size_t> allocations_of_all{0};
inline std::atomic<std::size_t> large_allocations{0};  // of a mebibyte or more, by all threads
inline std::atomic<std::size_t> given_back_of_all{0};  // aligned blocks

}  // namespace trireme::testing

// Not inline, for g++ would take the pairs for mismatches.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++trireme::testing::allocations;
  trireme::testing::allocations_of_all.fetch_add(1, std::memory_order_relaxed);
  if (size >= trireme::testing::mebibyte) {
    trireme::testing::large_allocations.fetch_add(1, std::memory_order_relaxed);
  }
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  ++trireme::testing::allocations;
  trireme::testing::allocations_of_all.fetch_add(1, std::memory_order_relaxed);
  const auto line = static_cast<std::size_t>(alignment);
  if (void* block = std::aligned_alloc(line, (size + line - 1) / line * line)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::align_val_t) noexcept {
  trireme::testing::given_back_of_all.fetch_add(1, std::memory_order_relaxed);
  std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t, std::align_val_t line) noexcept {
  ::operator delete(block, line);
}
