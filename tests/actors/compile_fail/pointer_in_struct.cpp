#include <string>
#include <trireme/actors/worker.hpp>

struct order {
  char name[32];
  std::string text;
  const char* unit;
};

void sample(trireme::loop& loop) {
  trireme::actors::worker<order, int> subject(loop, [](trireme::actors::worker_port<int, order>&) {});
}
