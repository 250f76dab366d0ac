#include <memory>
#include <trireme/actors/broadcast_channel.hpp>

void sample(trireme::loop& loop) { trireme::actors::broadcast_channel<std::unique_ptr<int>> all(loop); }
