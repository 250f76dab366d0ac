#include <span>
#include <trireme/actors/supervisor.hpp>

struct reader : trireme::actors::actor<reader> {
  explicit reader(std::span<const char>) {}
};

trireme::actors::child sample(std::span<const char> text) {
  return trireme::actors::child::of<reader>("reader", trireme::actors::restart::always, text);
}
