#pragma once
#include <cstddef>
#include <trireme/core/detail/recycler.hpp>

namespace trireme::detail {

/// The recycler as a standard allocator; all are equal.
template <class T>
struct recycled_allocator {
  using value_type = T;

  recycled_allocator() noexcept = default;
  template <class Other>
  recycled_allocator(const recycled_allocator<Other>&) noexcept {}

  T* allocate(std::size_t count) {
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    return static_cast<T*>(recycled_allocate(count * sizeof(T)));
  }
  void deallocate(T* block, std::size_t count) noexcept { recycled_free(block, count * sizeof(T)); }

  friend bool operator==(const recycled_allocator&, const recycled_allocator&) noexcept { return true; }
};

/// Allocates nothing; to be rebound.
template <>
struct recycled_allocator<void> {
  using value_type = void;

  recycled_allocator() noexcept = default;
  template <class Other>
  recycled_allocator(const recycled_allocator<Other>&) noexcept {}

  friend bool operator==(const recycled_allocator&, const recycled_allocator&) noexcept { return true; }
};

}  // namespace trireme::detail
