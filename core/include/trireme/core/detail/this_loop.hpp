#pragma once

namespace trireme {

class loop;

namespace detail {

inline constinit thread_local loop* this_loop = nullptr;

/// The loop that this thread made last or is running; null where there is none. A coroutine without a `loop&`
/// among its parameters belongs to it.
inline loop* current_loop() noexcept { return this_loop; }
/// For the loop only. Returns the one before.
inline loop* set_current_loop(loop* which) noexcept {
  loop* before = this_loop;
  this_loop = which;
  return before;
}

}  // namespace detail
}  // namespace trireme
