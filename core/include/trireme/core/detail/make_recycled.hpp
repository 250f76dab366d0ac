#pragma once
#include <memory>
#include <trireme/core/detail/recycled_allocator.hpp>
#include <utility>

namespace trireme::detail {

/// `std::make_shared` from the recycler's memory.
template <class T, class... Arguments>
std::shared_ptr<T> make_recycled(Arguments&&... arguments) {
  return std::allocate_shared<T>(recycled_allocator<T>(), std::forward<Arguments>(arguments)...);
}

}  // namespace trireme::detail
