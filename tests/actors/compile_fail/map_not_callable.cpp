#include <string>
#include <trireme/actors/pool.hpp>
#include <vector>

void sample(trireme::actors::pool& workers) {
  workers.map(std::vector<int>{1, 2}, [](std::string text) { return text.size(); }).detach();
}
