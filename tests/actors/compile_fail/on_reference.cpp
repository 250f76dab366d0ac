#include <string>
#include <trireme/actors/actor.hpp>

struct writer : trireme::actors::actor<writer> {
  void on(std::string& text) { text += "!"; }
};

void sample(trireme::actors::actor_ref<writer> to) { static_cast<void>(to.tell(std::string("text"))); }
