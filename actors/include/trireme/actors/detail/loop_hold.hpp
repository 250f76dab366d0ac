#pragma once
#include <cstddef>
#include <trireme/core/loop.hpp>
#include <utility>

namespace trireme::actors::detail {

/// Keeps a loop alive, and its virtual clock still where a thread works for the loop: who is stepped by the
/// same test has nothing under way while time passes.
///
/// Thread: made and destroyed on the loop.
class loop_hold {
public:
  loop_hold() noexcept = default;
  loop_hold(loop& owner, bool holds_clock) noexcept;
  loop_hold(loop_hold&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  loop_hold& operator=(loop_hold&& other) noexcept {
    std::swap(count_, other.count_);
    return *this;
  }
  ~loop_hold() {
    if (count_) --*count_;
  }

private:
  std::size_t* count_ = nullptr;
};

}  // namespace trireme::actors::detail
