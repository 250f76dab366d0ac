#include <trireme/actors/broadcast_channel.hpp>
#include <trireme/actors/channel.hpp>

// The loop keeps the channel; what may be posted is a member.
void sample() { trireme::actors::channel<trireme::actors::broadcast_channel<int>> line; }
