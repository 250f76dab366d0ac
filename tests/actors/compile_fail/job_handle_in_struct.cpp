#include <trireme/actors/job_handle.hpp>
#include <trireme/actors/worker.hpp>

struct request {
  int number;
  trireme::actors::job_handle running;
};

void sample(trireme::loop& loop) {
  trireme::actors::worker<request, int> subject(loop, [](trireme::actors::worker_port<int, request>&) {});
}
