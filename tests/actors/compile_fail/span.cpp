#include <span>
#include <trireme/actors/worker.hpp>

void sample(trireme::loop& loop) {
  trireme::actors::worker<std::span<const char>, int> subject(
      loop, [](trireme::actors::worker_port<int, std::span<const char>>&) {});
}
