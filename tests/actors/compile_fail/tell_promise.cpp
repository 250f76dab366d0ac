#include <trireme/actors/actor.hpp>
#include <trireme/core/promise.hpp>

struct waiting {
  trireme::promise<int> answer;
};
struct reader : trireme::actors::actor<reader> {
  void on(waiting) {}
};

void sample(trireme::actors::actor_ref<reader> to, waiting given) {
  static_cast<void>(to.tell(std::move(given)));
}
