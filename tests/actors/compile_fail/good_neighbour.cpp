#include <memory>
#include <string>
#include <trireme/actors/pool.hpp>
#include <trireme/actors/worker.hpp>

int free_function(std::string text) { return static_cast<int>(text.size()); }

void sample(trireme::loop& loop, trireme::actors::pool& workers) {
  trireme::actors::worker<std::string, std::unique_ptr<int>> subject(
      loop, [](trireme::actors::worker_port<std::unique_ptr<int>, std::string>&) {});
  workers.run(free_function, std::string("text")).detach();
  workers.run_with_progress<std::string>([](std::string) {}, [](trireme::actors::progress<std::string>&) {})
      .detach();
}
