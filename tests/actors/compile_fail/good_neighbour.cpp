#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <trireme/actors/pool.hpp>
#include <trireme/actors/worker.hpp>
#include <trireme/core/shared_bytes.hpp>
#include <variant>
#include <vector>

struct node {
  std::string name;
  char kind[8];
  std::vector<node> below;
  std::optional<trireme::error> failure;
  std::shared_ptr<const std::vector<int>> shared;
};
struct index_into_a_table {
  const char* name;  // of static storage
};
template <>
inline constexpr bool trireme::enable_sendable<index_into_a_table> = true;

using message = std::map<int, std::variant<node, std::array<trireme::shared_bytes, 2>>>;

int free_function(std::string text) { return static_cast<int>(text.size()); }

void sample(trireme::loop& loop, trireme::actors::pool& workers) {
  trireme::actors::worker<message, std::unique_ptr<node>> subject(
      loop, [](trireme::actors::worker_port<std::unique_ptr<node>, message>&) {});
  workers.run(free_function, std::string("text")).detach();
  workers.run([](index_into_a_table) { return free_function; }, index_into_a_table{"name"}).detach();
  workers.run_with_progress<std::string>([](std::string) {}, [](trireme::actors::progress<std::string>&) {})
      .detach();
}
