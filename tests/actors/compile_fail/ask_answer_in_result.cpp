#include <chrono>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>

struct owner : trireme::actors::actor<owner> {
  trireme::result<int*> on(int) { return &number_; }
  int number_ = 0;
};

void sample(trireme::actors::actor_system& system, trireme::actors::actor_ref<owner> whom) {
  system.ask(whom, 1, std::chrono::seconds(1)).detach();
}
