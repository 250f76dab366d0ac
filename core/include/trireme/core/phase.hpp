#pragma once
#include <string_view>

namespace trireme {

/// The phases of a turn, in their order. Source: libuv's design overview, "The I/O loop".
enum class phase { pending, idle, prepare, poll, check, close, timers };

/// What waits in a loop; see `loop::waiting`.
enum class queue { ticks, microtasks, timers, immediates, pending, closing, inbox };

/// The name of a phase, for traces.
constexpr std::string_view to_string(phase which) noexcept {
  switch (which) {
    case phase::pending:
      return "pending";
    case phase::idle:
      return "idle";
    case phase::prepare:
      return "prepare";
    case phase::poll:
      return "poll";
    case phase::check:
      return "check";
    case phase::close:
      return "close";
    case phase::timers:
      return "timers";
  }
  return {};
}

}  // namespace trireme
