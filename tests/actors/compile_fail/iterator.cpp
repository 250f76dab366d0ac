#include <trireme/actors/worker.hpp>
#include <vector>

using place = std::vector<int>::iterator;

void sample(trireme::loop& loop) {
  trireme::actors::worker<place, int> subject(loop, [](trireme::actors::worker_port<int, place>&) {});
}
