#include <memory>
#include <trireme/actors/pool.hpp>

void sample(trireme::actors::pool& workers, std::weak_ptr<const int> given) {
  workers.run([](std::weak_ptr<const int>) {}, std::move(given)).detach();
}
