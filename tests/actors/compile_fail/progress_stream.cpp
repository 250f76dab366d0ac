#include <string_view>
#include <trireme/actors/pool.hpp>

void sample(trireme::actors::pool& workers) {
  using view = std::string_view;
  auto parts = workers.stream<view>([](trireme::actors::progress<view>& out) { out.post("part"); });
}
