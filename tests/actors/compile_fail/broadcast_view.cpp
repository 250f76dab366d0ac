#include <string_view>
#include <trireme/actors/broadcast_channel.hpp>

void sample(trireme::loop& loop) {
  trireme::actors::broadcast_channel<std::string_view> all(loop);
  static_cast<void>(all.join());
}
