#include <string_view>
#include <trireme/actors/actor.hpp>

struct reader : trireme::actors::actor<reader> {
  void on(std::string_view) {}
};

void sample(trireme::actors::actor_ref<reader> to, std::string_view text) {
  static_cast<void>(to.tell(text));
}
