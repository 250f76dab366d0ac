#include <optional>
#include <string_view>
#include <trireme/actors/worker.hpp>

using word = std::optional<std::string_view>;

void sample(trireme::loop& loop) {
  trireme::actors::worker<word, int> subject(loop, [](trireme::actors::worker_port<int, word>&) {});
}
