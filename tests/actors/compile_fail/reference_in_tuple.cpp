#include <trireme/actors/worker.hpp>
#include <tuple>

using entry = std::tuple<int, const int&>;

void sample(trireme::loop& loop) {
  trireme::actors::worker<entry, int> subject(loop, [](trireme::actors::worker_port<int, entry>&) {});
}
