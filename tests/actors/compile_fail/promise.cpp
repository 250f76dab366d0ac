#include <trireme/actors/pool.hpp>
#include <trireme/core/promise.hpp>

void sample(trireme::actors::pool& workers, trireme::promise<int> pending) {
  workers.run([](trireme::promise<int>) { return 1; }, std::move(pending)).detach();
}
