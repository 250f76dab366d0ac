#include <trireme/actors/channel.hpp>

void sample() { trireme::actors::channel<int, char*> line; }
