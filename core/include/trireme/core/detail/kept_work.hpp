#pragma once
#include <trireme/core/detail/intrusive_list.hpp>

namespace trireme::detail {

/// Work under way that belongs to nobody but its loop: it leaves the list and goes when it ends, and is
/// dropped with the loop otherwise.
struct kept_work : list_node {
  virtual void drop() noexcept = 0;

protected:
  ~kept_work() = default;
};

}  // namespace trireme::detail
