#include <trireme/actors/worker.hpp>

void sample(trireme::loop& loop) {
  trireme::actors::worker<int, char*> subject(loop, [](trireme::actors::worker_port<char*, int>&) {});
}
