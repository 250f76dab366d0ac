#pragma once
#include <trireme/core/detail/intrusive_list.hpp>

namespace trireme::detail {

class coroutine_frame;

/// An entry in a loop's list of what is under way on it. Work that belongs to nobody but its loop leaves the
/// list and goes when it ends, and is dropped with the loop otherwise; the frames of tasks are listed so that
/// they can be shown, and dropping those from the list is all there is to do.
struct kept_work : list_node {
  virtual void drop() noexcept = 0;
  virtual const coroutine_frame* as_frame() const noexcept { return nullptr; }

protected:
  ~kept_work() = default;
};

}  // namespace trireme::detail
