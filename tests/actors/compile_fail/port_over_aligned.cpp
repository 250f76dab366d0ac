#include <trireme/actors/channel.hpp>

struct alignas(64) line {
  char bytes[64];
};

void sample() {
  trireme::actors::channel<line> between;
  static_cast<void>(between.first.post_message(line()));
}
