#include <chrono>
#include <string>
#include <string_view>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>

struct named : trireme::actors::actor<named> {
  std::string_view on(int) { return name_; }
  std::string name_;
};

void sample(trireme::actors::actor_system& system, trireme::actors::actor_ref<named> whom) {
  system.ask(whom, 1, std::chrono::seconds(1), [](const trireme::error&, std::string_view) {});
}
