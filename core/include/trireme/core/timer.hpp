#pragma once
#include <cstdint>

namespace trireme {

class loop;
namespace detail {
struct loop_state;
}

/// Names one timer. Copies name the same; one that has fired or was cleared names nothing, and every call on
/// it does nothing.
///
/// Thread: the loop's. Lifetime: may outlive the timer, not the loop.
class timer {
public:
  using bound_to_a_loop = void;
  timer() noexcept = default;
  void clear() noexcept;
  /// Starts the wait anew, from this moment. Within the timer's own callback it arms a timeout once more, as
  /// in Node; after that a timeout that fired is gone. An interval counts from the begin of its call,
  /// refreshed within it or not, as in Node.
  void refresh();
  /// Whether it keeps the loop alive; it does at first.
  void ref() noexcept;
  void unref() noexcept;
  bool has_ref() const noexcept;
  /// Whether it will fire (again).
  bool active() const noexcept;

private:
  friend struct detail::loop_state;
  timer(loop& owner, std::uint32_t slot, std::uint32_t generation) noexcept
      : loop_(&owner), slot_(slot), generation_(generation) {}
  bool exists() const noexcept;

  loop* loop_ = nullptr;
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

}  // namespace trireme
