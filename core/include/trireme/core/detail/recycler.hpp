#pragma once
#include <cstddef>

namespace trireme::detail {

/// Memory for coroutine frames, messages and the small nodes of promises, from free lists of this thread: one
/// for each size class of 64 bytes up to 2 KiB, each keeping at most 256 KiB. Larger blocks, and all under
/// AddressSanitizer, come from the heap. A block may be given back on another thread than it came from: what
/// a thread has too much of goes to others by the 128 KiB, of which at most 1 MiB of each class waits. Blocks
/// of up to 2 KiB share no cache line, so that what crosses threads brings nothing else along; those of up to
/// 128 bytes are cut of pages, and the heap gets a page back when it has all of it.
void* recycled_allocate(std::size_t size);
void recycled_free(void* block, std::size_t size) noexcept;

/// A base for classes that are allocated often. They are aligned no further than operator new aligns.
struct recycled {
  static void* operator new(std::size_t size) { return recycled_allocate(size); }
  static void operator delete(void* block, std::size_t size) noexcept { recycled_free(block, size); }

protected:
  ~recycled() = default;
};

}  // namespace trireme::detail
