#pragma once
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/error.hpp>

namespace trireme::detail {

/// A rejection that nobody has taken yet. It is in the loop's list from the moment of rejection; a handler
/// unlinks it. What is still linked once ticks and microtasks have drained goes to `on_uncaught`, as in Node.
struct rejection : list_node {
  virtual error take_unhandled() = 0;

protected:
  ~rejection() = default;
};

using rejection_list = list<rejection>;

}  // namespace trireme::detail
