#include <memory>
#include <trireme/actors/worker.hpp>

struct found {
  std::unique_ptr<int> number;
  int& place;
};

void sample(trireme::loop& loop) {
  trireme::actors::worker<found, int> subject(loop, [](trireme::actors::worker_port<int, found>&) {});
}
