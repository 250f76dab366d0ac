#include <atomic>
#include <trireme/actors/pool.hpp>

void sample(trireme::actors::pool& workers) {
  workers.run([] { return std::atomic<int>(1); }).detach();
}
