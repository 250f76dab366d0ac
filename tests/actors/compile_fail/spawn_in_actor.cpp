#include <trireme/actors/actor.hpp>

struct counter : trireme::actors::actor<counter> {
  explicit counter(int* shared) : shared_(shared) {}
  int* shared_;
};
struct parent : trireme::actors::actor<parent> {
  void on(int) { spawn<counter>(&count_); }
  int count_ = 0;
};
void sample(trireme::actors::actor_ref<parent> to) { static_cast<void>(to.tell(1)); }
