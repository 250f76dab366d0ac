#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
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
constexpr std::size_t classes = 32;
constexpr std::size_t stack_bytes = 128 << 10;  // of each size; a thread keeps two
constexpr std::size_t stacks_shared = 8;        // of each size, between all threads
constexpr std::align_val_t line{64};

struct free_block {
  free_block* next;
};

/// A page of which blocks of one small class are cut, for the heap takes long to align each. It goes back as
/// a whole, once all that was cut of it was given back.
class slab {
public:
  static constexpr std::size_t classes = 2;
  static std::size_t blocks(std::size_t which) noexcept { return (size - step) / ((which + 1) * step); }

  static free_block* cut(std::size_t which, std::size_t count) {
    void* const memory = ::operator new (size, std::align_val_t{page});
    ::new (memory) slab(count);
    char* at = static_cast<char*>(memory) + step + count * (which + 1) * step;
    free_block* first = nullptr;
    for (std::size_t left = count; left > 0; --left) {
      at -= (which + 1) * step;
      first = ::new (at) free_block{first};
    }
    return first;
  }
  static void give_back(void* block) noexcept {
    auto* const of = reinterpret_cast<slab*>(reinterpret_cast<std::uintptr_t>(block) & ~(page - 1));
    if (of->out_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
    std::destroy_at(of);
    ::operator delete (of, std::align_val_t{page});
  }

private:
  static constexpr std::uintptr_t page = 4096;
  static constexpr std::size_t size = page - 16;  // the rest is the heap's own: so page follows page
  explicit slab(std::size_t blocks) noexcept : out_(blocks) {}
  std::atomic<std::size_t> out_;
};

struct free_list {
  free_block* first = nullptr;
  std::size_t room = 0;         // for so many more; none before the first block and after the thread's end
  free_block* spare = nullptr;  // a full stack, or none
};

/// Full stacks of threads that free more than they allocate, for those that do the opposite.
class shared_stacks {
public:
  bool leave(free_block* full) noexcept {
    for (std::atomic<free_block*>& place : places_) {
      free_block* nothing = nullptr;
      if (!place.load(std::memory_order_relaxed) &&
          place.compare_exchange_strong(nothing, full, std::memory_order_release, std::memory_order_relaxed))
        return true;
    }
    return false;
  }
  free_block* fetch() noexcept {
    for (std::atomic<free_block*>& place : places_) {
      if (!place.load(std::memory_order_relaxed)) continue;
      if (free_block* const found = place.exchange(nullptr, std::memory_order_acquire)) return found;
    }
    return nullptr;
  }

private:
  std::array<std::atomic<free_block*>, stacks_shared> places_{};
};

enum class life : std::uint8_t { untouched, open, ended };

// Trivially destructible, so that frames which outlive the thread's other objects may still be freed.
constinit thread_local std::array<free_list, classes> lists{};
constinit thread_local life here = life::untouched;
constinit std::array<shared_stacks, classes> shared{};

void give_to_heap(void* block, std::size_t which) noexcept {
  which < slab::classes ? slab::give_back(block) : ::operator delete(block, line);
}

void free_all(free_block* first, std::size_t which) noexcept {
  while (free_block* const block = first) {
    first = block->next;
    give_to_heap(block, which);
  }
}

struct closer {
  ~closer() {
    here = life::ended;
    for (std::size_t which = 0; which < classes; ++which) {
      lists[which].room = 0;
      free_all(std::exchange(lists[which].first, nullptr), which);
      free_all(std::exchange(lists[which].spare, nullptr), which);
    }
  }
  void touch() const noexcept {}
};
thread_local const closer close_at_thread_end;

std::size_t class_of(std::size_t size) noexcept { return (size - 1) / step; }
std::size_t full_count(std::size_t which) noexcept { return stack_bytes / ((which + 1) * step); }

void open() noexcept {
  here = life::open;
  for (std::size_t which = 0; which < classes; ++which) lists[which].room = full_count(which);
  close_at_thread_end.touch();
}

/// False where there is nothing to be had but from the heap.
bool refill(std::size_t which) noexcept {
  if (here == life::untouched) open();
  if (here == life::ended) return false;
  free_list& list = lists[which];
  free_block* const full = list.spare ? std::exchange(list.spare, nullptr) : shared[which].fetch();
  if (!full) return false;
  list.first = full;
  list.room = 0;
  return true;
}

void* from_heap(std::size_t which) {
  if (which >= slab::classes) return ::operator new((which + 1) * step, line);
  if (here == life::ended) return slab::cut(which, 1);
  free_list& list = lists[which];
  list.first = slab::cut(which, slab::blocks(which));
  list.room -= slab::blocks(which) - 1;
  return std::exchange(list.first, list.first->next);
}

/// False where all places for full stacks are taken.
bool make_room(std::size_t which) noexcept {
  if (here == life::untouched) return open(), true;
  if (here == life::ended) return false;
  free_list& list = lists[which];
  if (list.spare && !shared[which].leave(list.spare)) return false;
  list.spare = std::exchange(list.first, nullptr);
  list.room = full_count(which);
  return true;
}

// Apart, so that the other way is short.
[[gnu::noinline]] void* allocate_without_stock(std::size_t size) {
  const std::size_t which = class_of(size);
  if (which >= classes) return ::operator new(size);
  return refill(which) ? recycled_allocate(size) : from_heap(which);
}

[[gnu::noinline]] void free_without_room(void* block, std::size_t size) noexcept {
  const std::size_t which = class_of(size);
  if (which >= classes) return ::operator delete(block);
  if (make_room(which)) return recycled_free(block, size);
  give_to_heap(block, which);
}

}  // namespace

void* recycled_allocate(std::size_t size) {
  const std::size_t which = class_of(size);
  if (which >= classes || !lists[which].first) return allocate_without_stock(size);
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
