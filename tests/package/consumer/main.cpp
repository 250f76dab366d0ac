// Serves a service of its own and calls it, without a network.
#include <iostream>
#include <memory>
#include <trireme/actors/pool.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/proto/dispatcher.hpp>
#include <trireme/proto/local_channel.hpp>

#include "consumer/v1/echo.trireme.hpp"

using consumer::v1::Echo;
using consumer::v1::Words;

class echo final : public Echo::service {
  trireme::task<trireme::proto::status> Say(const Words& request, Words& reply,
                                            trireme::proto::call_context& call) override {
    reply.set_text(std::string{call.method().path} + ": Hello, " + request.text());
    co_return trireme::proto::status();
  }
};

int main() {
  trireme::loop loop;
  trireme::actors::pool pool{loop};
  trireme::proto::dispatcher server{loop, pool};
  server.add(std::make_shared<echo>());
  trireme::proto::local_channel channel{server};
  Echo::client client{channel};

  Words name;
  name.set_text("package");
  client.Say(name).then([](const Words& reply) { std::cout << reply.text() << '\n'; }).detach();
  return loop.run();
}
