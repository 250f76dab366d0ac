#include <memory>
#include <string>
#include <trireme/actors/broadcast_channel.hpp>
#include <trireme/actors/channel.hpp>
#include <trireme/actors/worker.hpp>
#include <vector>

// Ports, senders and members may cross, alone and within what is posted.
void sample(trireme::loop& loop) {
  using line = trireme::actors::port<std::unique_ptr<int>, std::string>;
  trireme::actors::channel<line, trireme::actors::sender<std::string>> carrier;
  trireme::actors::channel<std::vector<line>, trireme::actors::broadcast_member<int>> other;
  trireme::actors::worker<int, int> subject(
      loop, [](trireme::actors::worker_port<int, int>&, std::unique_ptr<int>) {}, std::make_unique<int>(1));
}
