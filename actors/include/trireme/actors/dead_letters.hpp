#pragma once
#include <cstdint>
#include <string>
#include <trireme/actors/detail/slot.hpp>
#include <typeinfo>
#include <vector>

namespace trireme::actors {

/// Why a message never reached an actor.
enum class dead_letter_reason {
  full,     ///< the mailbox was at its limit; the sender was told so, and has the message
  closed,   ///< the actor had ended, and who told it only then was told so; or who asked, before the answer
  stopped,  ///< it lay in the mailbox of an actor that ended
  late,     ///< the answer to a question that nobody waited for any more
  unheard,  ///< it arrived, and `on` returned an error, but it was told: nobody waits for the answer
};

/// One of them. Thread: a value.
struct dead_letter {
  dead_letter_reason why = dead_letter_reason::closed;
  const std::type_info* message = nullptr;
  detail::address to;
  /// The message's type as it is written in C++.
  std::string type() const;
};

/// What never arrived. The numbers are those of the loop's counters: of all systems that it had.
struct dead_letter_report {
  std::uint64_t full = 0;
  std::uint64_t closed = 0;
  std::uint64_t stopped = 0;
  std::uint64_t late = 0;
  std::uint64_t unheard = 0;
  /// The latest 32 that were sampled, the oldest first. What a sender was told of at once is not among them.
  std::vector<dead_letter> last;
};

}  // namespace trireme::actors
