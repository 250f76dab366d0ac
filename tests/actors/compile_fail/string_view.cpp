#include <string_view>
#include <trireme/actors/worker.hpp>

void sample(trireme::loop& loop) {
  trireme::actors::worker<std::string_view, int> subject(
      loop, [](trireme::actors::worker_port<int, std::string_view>&) {});
}
