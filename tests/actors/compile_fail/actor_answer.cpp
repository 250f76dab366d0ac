#include <chrono>
#include <trireme/actors/actor.hpp>

struct owner : trireme::actors::actor<owner> {
  const int* on(int) { return &number; }
  int number = 0;
};
struct asker : trireme::actors::actor<asker> {
  void on(int) {
    ask(whom, 1, std::chrono::seconds(1), [](trireme::result<const int*>) {});
  }
  trireme::actors::actor_ref<owner> whom;
};
void sample(trireme::actors::actor_ref<asker> to) { static_cast<void>(to.tell(1)); }
