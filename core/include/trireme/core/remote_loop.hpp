#pragma once
#include <memory>
#include <trireme/core/posting.hpp>
#include <trireme/core/unique_function.hpp>
#include <utility>

namespace trireme {

class loop;
namespace detail {
class inbox;
}

/// Posts to a loop that may already have gone. Copies freely between threads.
class remote_loop {
public:
  remote_loop() = default;
  /// Any thread. `closed` once the loop has gone, `full` at the inbox's limit; the callback is taken only
  /// when posted.
  posting post(unique_function<void()>& work) const;

private:
  friend class loop;
  explicit remote_loop(std::shared_ptr<detail::inbox> inbox) : inbox_(std::move(inbox)) {}
  std::shared_ptr<detail::inbox> inbox_;
};

}  // namespace trireme
