#include <array>
#include <new>
#include <trireme/core/detail/recycler.hpp>
#include <utility>

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
constexpr std::align_val_t line{64};
constexpr std::size_t classes = 32;
constexpr std::size_t kept_bytes = 256 << 10;  // of each size

struct free_block {
  free_block* next;
};
struct free_list {
  free_block* first = nullptr;
  std::size_t room = 0;  // for so many more; none before the first block and after the thread's end
};

// Trivially destructible, so that frames which outlive the thread's other objects may still be freed.
constinit thread_local std::array<free_list, classes> lists{};
constinit thread_local bool opened = false;

struct closer {
  ~closer() {
    for (free_list& list : lists) {
      list.room = 0;
      while (free_block* block = list.first) {
        list.first = block->next;
        ::operator delete(block, line);
      }
    }
  }
  void touch() const noexcept {}
};
thread_local const closer close_at_thread_end;

std::size_t class_of(std::size_t size) noexcept { return (size - 1) / step; }

void open() noexcept {
  opened = true;
  for (std::size_t which = 0; which < classes; ++which) lists[which].room = kept_bytes / ((which + 1) * step);
  close_at_thread_end.touch();
}

// Apart, so that the other way is short.
[[gnu::noinline]] void* allocate_anew(std::size_t size) {
  if (class_of(size) >= classes) return ::operator new(size);
  return ::operator new((class_of(size) + 1) * step, line);
}

[[gnu::noinline]] void free_without_room(void* block, std::size_t size) noexcept {
  if (class_of(size) >= classes) return ::operator delete(block);
  if (opened) return ::operator delete(block, line);
  open();
  recycled_free(block, size);
}

}  // namespace

void* recycled_allocate(std::size_t size) {
  const std::size_t which = class_of(size);
  if (which >= classes || !lists[which].first) return allocate_anew(size);
  free_list& list = lists[which];
  ++list.room;
  return std::exchange(list.first, list.first->next);
}

void recycled_free(void* block, std::size_t size) noexcept {
  const std::size_t which = class_of(size);
  if (which >= classes || lists[which].room == 0) return free_without_room(block, size);
  free_list& list = lists[which];
  --list.room;
  list.first = ::new (block) free_block{list.first};
}
#else
void* recycled_allocate(std::size_t size) { return ::operator new(size); }
void recycled_free(void* block, std::size_t) noexcept { ::operator delete(block); }
#endif

}  // namespace trireme::detail
