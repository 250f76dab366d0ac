#include <string>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>

struct counter : trireme::actors::actor<counter> {
  explicit counter(std::string& name) : name_(name) {}
  std::string& name_;
};

void sample(trireme::actors::actor_system& system) { system.spawn<counter>(std::string("moved in")); }
