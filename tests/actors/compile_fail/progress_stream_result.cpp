#include <string>
#include <trireme/actors/pool.hpp>

const std::string& text();

void sample(trireme::actors::pool& workers) {
  auto parts = workers.stream<int>([](trireme::actors::progress<int>&) -> decltype(auto) { return text(); });
}
