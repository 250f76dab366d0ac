#include <memory>
#include <trireme/actors/pool.hpp>
#include <vector>

void sample(trireme::actors::pool& workers) {
  workers.map(std::vector<int>{1, 2}, [](int value) { return std::make_shared<int>(value); }).detach();
}
