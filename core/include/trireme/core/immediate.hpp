#pragma once
#include <cstdint>

namespace trireme {

class loop;

/// Names one immediate. Copies name the same; one that has run or was cleared names nothing, and every call
/// on it does nothing.
///
/// Thread: the loop's. Lifetime: may outlive the immediate, not the loop.
class immediate {
public:
  using bound_to_a_loop = void;
  immediate() noexcept = default;
  void clear() noexcept;
  /// Whether it keeps the loop alive, and from sleeping; it does at first. One that does not runs in the next
  /// check phase that comes for another reason.
  void ref() noexcept;
  void unref() noexcept;
  bool has_ref() const noexcept;
  /// Whether it has still to run.
  bool active() const noexcept;

private:
  friend class loop;
  immediate(loop& owner, std::uint64_t number) noexcept : loop_(&owner), number_(number) {}
  loop* loop_ = nullptr;
  std::uint64_t number_ = 0;
};

}  // namespace trireme
