// For outside suites: answers every HTTP request with its own body, and echoes every WebSocket message, on
// the public API with its default limits.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <trireme/core/loop.hpp>
#include <trireme/transport/http1/server.hpp>

namespace {

namespace http1 = trireme::transport::http1;
namespace websocket = trireme::transport::websocket;

struct echo final : websocket::handler {
  void on_message(websocket::connection& from, std::span<char> message, bool text) override {
    from.send({message.data(), message.size()}, text);
  }
};

}  // namespace

int main(int argc, char** argv) {
  std::uint16_t port = 0;
  std::size_t max_message = 0;
  CLI::App app("Echoes HTTP bodies and WebSocket messages on 127.0.0.1");
  app.add_option("--port", port, "Port; 0 takes any free one")->capture_default_str();
  app.add_option("--max-message", max_message, "Largest body and message in bytes; 0: the default, 1 MiB");
  CLI11_PARSE(app, argc, argv);

  try {
    trireme::loop loop;
    echo handler;
    websocket::endpoint_options sockets;
    http1::server_options options;
    if (max_message > 0) sockets.max_message = options.max_body = max_message;
    websocket::endpoint endpoint(loop, handler, sockets);
    http1::server server(loop, options);
    server.upgrade("", endpoint);
    server.fallback([](const http1::request& from, http1::response to) {
      to.send(200, from.header("content-type").value_or("application/octet-stream"), from.body());
    });
    server.listen("127.0.0.1", port);
    std::printf("listening on http://127.0.0.1:%u\n", server.port());
    std::fflush(stdout);
    const trireme::hook terminated = loop.on_signal(SIGTERM, [&loop] { loop.stop(); });
    const trireme::hook interrupted = loop.on_signal(SIGINT, [&loop] { loop.stop(); });
    return loop.run();
  } catch (const trireme::error& failure) {
    std::fprintf(stderr, "echo_server: %s\n", failure.what());
    return 1;
  }
}
