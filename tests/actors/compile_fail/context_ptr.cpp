#include <trireme/actors/pool.hpp>
#include <trireme/core/context.hpp>

void sample(trireme::actors::pool& workers, trireme::context_ptr given) {
  workers.run([](trireme::context_ptr) {}, std::move(given)).detach();
}
