#include <chrono>
#include <trireme/actors/actor.hpp>

// An actor's own message to itself is one like others: it may outlive what it points to.
struct reminded : trireme::actors::actor<reminded> {
  void on(int number) { after(std::chrono::seconds(1), &number); }
  void on(int*) {}
};
void sample(trireme::actors::actor_ref<reminded> to) { static_cast<void>(to.tell(1)); }
