#include <functional>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>

struct counter : trireme::actors::actor<counter> {
  explicit counter(int& shared) : shared_(shared) {}
  int& shared_;
};

void sample(trireme::actors::actor_system& system, int& shared) { system.spawn<counter>(std::ref(shared)); }
