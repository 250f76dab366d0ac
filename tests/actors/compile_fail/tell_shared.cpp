#include <memory>
#include <string>
#include <trireme/actors/actor.hpp>

struct reader : trireme::actors::actor<reader> {
  void on(std::shared_ptr<std::string>) {}
};

void sample(trireme::actors::actor_ref<reader> to, std::shared_ptr<std::string> text) {
  static_cast<void>(to.tell(std::move(text)));
}
