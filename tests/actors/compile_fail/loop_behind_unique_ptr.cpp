#include <memory>
#include <trireme/actors/worker.hpp>

void sample(trireme::loop& loop) {
  trireme::actors::worker<std::unique_ptr<trireme::loop>, int> subject(
      loop, [](trireme::actors::worker_port<int, std::unique_ptr<trireme::loop>>&) {});
}
