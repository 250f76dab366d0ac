#include <trireme/actors/worker.hpp>

void sample(trireme::loop& loop, int& shared) {
  trireme::actors::worker<int, int> subject(
      loop, [](trireme::actors::worker_port<int, int>&, int*) {}, &shared);
}
