#include <trireme/actors/actor.hpp>

struct reader : trireme::actors::actor<reader> {
  void on(const int*) {}
};

void sample(trireme::actors::actor_ref<reader> to, const int& shared) { static_cast<void>(to.tell(&shared)); }
