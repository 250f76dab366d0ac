#include <trireme/actors/pool.hpp>

void sample(trireme::actors::pool& workers, const int& shared) {
  workers.with(trireme::actors::job_options().urgent())
      .run([](const int* given) { return *given; }, &shared)
      .detach();
}
