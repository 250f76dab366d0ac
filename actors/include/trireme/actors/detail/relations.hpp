#pragma once
#include <cstdint>
#include <memory>
#include <trireme/actors/detail/cell.hpp>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace trireme::actors::detail {

/// What an actor has to do with others and with time; made at the first use.
struct relations {
  /// Those that outlive a restart: others know the actor by its reference.
  void take_over(relations& from);
  /// The same but for the supervisor, of which an actor that is being made does not know yet.
  void take_known(relations& from);
  /// Once, however often.
  void link(const address& other);
  /// Whether another actor hears of this one's end.
  bool watched() const noexcept { return supervisor.where || !links.empty() || !watchers.empty(); }

  std::unordered_map<std::uint64_t, std::unique_ptr<pending_question>> questions;
  std::unordered_set<std::uint64_t> timers;
  std::unordered_map<std::uint64_t, address> monitors;      // whom it watches, by number
  std::vector<std::pair<address, std::uint64_t>> watchers;  // who watches it, by their number
  std::vector<address> links;
  address supervisor;
  std::uint64_t child = 0;  // its number there
};

/// Tells all of them that the actor has ended.
void tell_of_end(const address& which, const exit_reason& why, relations& left);

}  // namespace trireme::actors::detail
