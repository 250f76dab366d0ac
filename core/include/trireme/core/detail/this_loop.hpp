#pragma once

namespace trireme {

class loop;

namespace detail {

inline constinit thread_local loop* this_loop = nullptr;

/// The loop that this thread runs, the innermost one, or else the one alive that it made last; null where
/// there is none. A coroutine without a `loop&` among its parameters belongs to it.
inline loop* current_loop() noexcept { return this_loop; }

/// For the loop only: it was made, it goes, each once and on any thread.
void enter_thread(loop& made);
void leave_thread(loop& gone) noexcept;

/// For the loop only: while it lives, the loop turns, and is the one of this thread.
class turning_loop {
public:
  explicit turning_loop(loop& turned) noexcept;
  turning_loop(const turning_loop&) = delete;
  turning_loop& operator=(const turning_loop&) = delete;
  ~turning_loop();

private:
  loop* outer_;  // turns around it; null where none does
  bool was_current_;
};

}  // namespace detail
}  // namespace trireme
