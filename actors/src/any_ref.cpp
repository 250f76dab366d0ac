#include <trireme/actors/actor_ref.hpp>
#include <trireme/actors/dead_letters.hpp>
#include <trireme/actors/detail/cell.hpp>
#include <trireme/actors/detail/notice.hpp>
#include <trireme/actors/exit_reason.hpp>
#include <trireme/core/unique_function.hpp>

namespace trireme::actors {

void any_ref::stop() const {
  if (!alive()) return;
  detail::post_control(
      detail::make_notice(address_, [](detail::cell& actor) { actor.end_with(exit_reason::kind::stopped); }));
}

std::string exit_reason::message() const {
  switch (kind_) {
    case kind::normal:
      return "normal";
    case kind::stopped:
      return "stopped";
    case kind::failed:
      return failure_.message();
    case kind::no_actor:
      break;
  }
  return "no such actor";
}

std::string dead_letter::type() const {
  return message ? trireme::detail::type_name(*message) : std::string();
}

}  // namespace trireme::actors
