#include <array>
#include <new>
#include <trireme/core/detail/recycler.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define TRIREME_RECYCLES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRIREME_RECYCLES 0
#endif
#endif
#ifndef TRIREME_RECYCLES
#define TRIREME_RECYCLES 1
#endif

namespace trireme::detail {

#if TRIREME_RECYCLES
namespace {

constexpr std::size_t step = 64;
constexpr std::size_t classes = 32;
constexpr std::size_t kept_bytes = 256 << 10;  // of each size

struct free_block {
  free_block* next;
};
struct free_list {
  free_block* first = nullptr;
  std::size_t count = 0;
};

// Trivially destructible, so that frames which outlive the thread's other objects may still be freed.
constinit thread_local std::array<free_list, classes> lists{};
constinit thread_local bool thread_ends = false;

struct cleaner {
  ~cleaner() {
    thread_ends = true;
    for (free_list& list : lists) {
      while (free_block* block = list.first) {
        list.first = block->next;
        ::operator delete(block);
      }
    }
  }
  void touch() const noexcept {}
};
thread_local const cleaner clean_at_thread_end;

std::size_t class_of(std::size_t size) noexcept { return (size - 1) / step; }

}  // namespace

void* recycled_allocate(std::size_t size) {
  const std::size_t which = class_of(size);
  if (which >= classes) return ::operator new(size);
  free_list& list = lists[which];
  free_block* block = list.first;
  if (!block) return ::operator new((which + 1) * step);
  list.first = block->next;
  --list.count;
  return block;
}

void recycled_free(void* block, std::size_t size) noexcept {
  const std::size_t which = class_of(size);
  if (which >= classes || thread_ends || lists[which].count >= kept_bytes / ((which + 1) * step)) {
    return ::operator delete(block);
  }
  free_list& list = lists[which];
  if (!list.first) clean_at_thread_end.touch();
  list.first = ::new (block) free_block{list.first};
  ++list.count;
}
#else
void* recycled_allocate(std::size_t size) { return ::operator new(size); }
void recycled_free(void* block, std::size_t) noexcept { ::operator delete(block); }
#endif

}  // namespace trireme::detail
