#include <string_view>
#include <trireme/actors/worker.hpp>
#include <variant>

using word = std::variant<int, std::string_view>;

void sample(trireme::loop& loop) {
  trireme::actors::worker<word, int> subject(loop, [](trireme::actors::worker_port<int, word>&) {});
}
