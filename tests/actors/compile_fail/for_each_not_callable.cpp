#include <string>
#include <trireme/actors/pool.hpp>
#include <vector>

void sample(trireme::actors::pool& workers) {
  workers.for_each(std::vector<int>{1, 2}, [](const std::string&) {}).detach();
}
