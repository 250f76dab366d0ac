#include <chrono>
#include <string>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>

struct reader : trireme::actors::actor<reader> {
  int on(int number) { return number; }
};

void sample(trireme::actors::actor_system& system, trireme::actors::actor_ref<reader> whom) {
  system.ask(whom, std::string("text"), std::chrono::seconds(1)).detach();
}
