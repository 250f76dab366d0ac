#include <string_view>
#include <trireme/actors/pool.hpp>
#include <vector>

void sample(trireme::actors::pool& workers, std::vector<std::string_view> words) {
  workers.map(std::move(words), [](std::string_view word) { return word.size(); }).detach();
}
