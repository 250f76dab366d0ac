#include <cstdlib>
#include <iostream>
#include <trireme/proto/server.hpp>

#include "greeter.trireme.hpp"

using namespace greeter::v1;
using trireme::proto::code;
using trireme::proto::status;

class greeter_service final : public Greeter::service {
  trireme::task<status> Greet(const Name& in, Greeting& out, trireme::proto::call_context&) override {
    if (in.name().empty()) co_return status(code::invalid_argument, "name: must not be empty");
    out.set_text("Hello, " + in.name() + "! You are guest number " + std::to_string(++guests_) + ".");
    co_return status();
  }
  int guests_ = 0;  // touched by the loop's thread alone
};

class lucky_worker final : public Greeter::worker {  // one for each thread of the pool
  status Lucky(const Name& in, Number& out, std::stop_token stop) override {
    std::uint32_t number = 2'166'136'261;
    for (int round = 0; round < 1'000'000; ++round) {
      if (stop.stop_requested()) return status(code::canceled);  // the client has gone, or the time is over
      for (const unsigned char letter : in.name()) number = (number ^ letter) * 16'777'619;
    }
    out.set_number(number % 100);
    return status();
  }
};

int main(int argc, char** argv) try {
  trireme::loop loop;
  trireme::actors::pool pool(loop);  // one thread fewer than there are cores, at least one
  trireme::proto::server server(loop, pool);
  server.add(std::make_shared<greeter_service>());
  server.add_worker<lucky_worker>();
  server.listen("127.0.0.1", argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1])) : 8080);
  std::cout << "listening on http://127.0.0.1:" << server.port() << std::endl;
  return loop.run();  // SIGTERM or Ctrl-C lets calls under way finish, then returns 0
} catch (const trireme::error& failure) {
  std::cerr << "greeter: " << failure.what() << '\n';
  return 1;
}
