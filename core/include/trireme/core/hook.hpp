#pragma once
#include <memory>
#include <utility>

namespace trireme {

namespace detail {
struct hook_state;
}

/// Keeps a callback in a phase of every turn for as long as it lives: libuv's prepare, idle and check
/// handles; or at a signal.
///
/// Thread: the loop's. Lifetime: goes before the loop, or with what the loop owns; its own callback may
/// destroy it.
class [[nodiscard]] hook {
public:
  using bound_to_a_loop = void;
  hook() noexcept = default;
  explicit hook(std::shared_ptr<detail::hook_state> state) noexcept : state_(std::move(state)) {}
  hook(hook&& other) noexcept = default;
  hook& operator=(hook&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~hook() { clear(); }

  void clear() noexcept;
  /// Whether it keeps the loop alive; at first it does, but for a signal's.
  void ref() noexcept;
  void unref() noexcept;

private:
  std::shared_ptr<detail::hook_state> state_;
};

}  // namespace trireme
