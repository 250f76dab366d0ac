#include <chrono>
#include <trireme/actors/actor.hpp>
#include <vector>

using place = std::vector<int>::iterator;

struct reader : trireme::actors::actor<reader> {
  int on(place where) { return *where; }
};
struct asker : trireme::actors::actor<asker> {
  void on(int) {
    ask(whom, numbers.begin(), std::chrono::seconds(1), [](trireme::result<int>) {});
  }
  trireme::actors::actor_ref<reader> whom;
  std::vector<int> numbers;
};
void sample(trireme::actors::actor_ref<asker> to) { static_cast<void>(to.tell(1)); }
