#include <chrono>
#include <functional>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>

struct reader : trireme::actors::actor<reader> {
  int on(std::reference_wrapper<int> number) { return number; }
};

void sample(trireme::actors::actor_system& system, trireme::actors::actor_ref<reader> whom, int& shared) {
  system.ask(whom, std::ref(shared), std::chrono::seconds(1)).detach();
}
