#include <string_view>
#include <trireme/actors/pool.hpp>

void sample(trireme::actors::pool& workers) {
  using view = std::string_view;
  workers.run_with_progress<view>([](view) {}, [](trireme::actors::progress<view>&) { return 1; }).detach();
}
