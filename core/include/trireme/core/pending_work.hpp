#pragma once
#include <utility>

namespace trireme {

class loop;

/// Keeps its loop alive, and its virtual clock still, while some other thread works for it.
///
/// Thread: made and destroyed on the loop.
class pending_work {
public:
  using bound_to_a_loop = void;
  pending_work() noexcept = default;
  explicit pending_work(loop& owner) noexcept;
  pending_work(pending_work&& other) noexcept : loop_(std::exchange(other.loop_, nullptr)) {}
  pending_work& operator=(pending_work&& other) noexcept {
    std::swap(loop_, other.loop_);
    return *this;
  }
  ~pending_work();

private:
  loop* loop_ = nullptr;
};

}  // namespace trireme
