#include <memory>
#include <trireme/actors/supervisor.hpp>

struct owner : trireme::actors::actor<owner> {
  explicit owner(std::unique_ptr<int>) {}
};

trireme::actors::child sample() {
  return trireme::actors::child::of<owner>("owner", trireme::actors::restart::always,
                                           std::make_unique<int>(1));
}
