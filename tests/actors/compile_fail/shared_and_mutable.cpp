#include <memory>
#include <trireme/actors/pool.hpp>
#include <vector>

void sample(trireme::actors::pool& workers, std::shared_ptr<std::vector<int>> given) {
  workers.run([](std::shared_ptr<std::vector<int>>) {}, std::move(given)).detach();
}
