// The contestant of the peers' benchmark, on the public API with its default limits: HTTP hello, WebSocket
// echo, and one room that /pub publishes to.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <trireme/core/loop.hpp>
#include <trireme/transport/http1/server.hpp>
#include <trireme/transport/topic.hpp>

namespace {

namespace http1 = trireme::transport::http1;
namespace websocket = trireme::transport::websocket;

struct echo final : websocket::handler {
  void on_message(websocket::connection& from, std::span<char> message, bool text) override {
    from.send({message.data(), message.size()}, text);
  }
};

struct room final : websocket::handler {
  void on_open(websocket::connection& who) override { members->subscribe(who.id()); }
  void on_message(websocket::connection&, std::span<char>, bool) override {}
  trireme::transport::topic* members = nullptr;
};

struct publisher final : websocket::handler {
  explicit publisher(trireme::transport::topic& to) : members(to) {}
  void on_message(websocket::connection&, std::span<char> message, bool text) override {
    members.publish({message.data(), message.size()}, text);
  }
  trireme::transport::topic& members;
};

}  // namespace

int main(int argc, char** argv) {
  std::uint16_t port = 0;
  CLI::App app("Serves the benchmark's contracts on 127.0.0.1");
  app.add_option("--port", port, "Port; 0 takes any free one")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  try {
    trireme::loop loop;
    echo echo_handler;
    room room_handler;
    websocket::endpoint echoes(loop, echo_handler);
    websocket::endpoint members(loop, room_handler);
    trireme::transport::topic topic(members);
    room_handler.members = &topic;
    publisher publish_handler(topic);
    websocket::endpoint publishers(loop, publish_handler);

    http1::server server(loop);
    server.upgrade("/echo", echoes);
    server.upgrade("/room", members);
    server.upgrade("/pub", publishers);
    server.route(http1::request_method::get, "/",
                 [](const http1::request&, http1::response to) { to.send(200, "Hello world!"); });
    server.listen("127.0.0.1", port);
    std::printf("listening on http://127.0.0.1:%u\n", server.port());
    std::fflush(stdout);
    const trireme::hook terminated = loop.on_signal(SIGTERM, [&loop] { loop.stop(); });
    const trireme::hook interrupted = loop.on_signal(SIGINT, [&loop] { loop.stop(); });
    return loop.run();
  } catch (const trireme::error& failure) {
    std::fprintf(stderr, "bench_server: %s\n", failure.what());
    return 1;
  }
}
