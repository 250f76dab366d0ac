// The chat and primes server: services from .proto files, their history in SQLite, and the page, on one port.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <trireme/proto/server.hpp>
#include <trireme/transport/http1/static_files.hpp>

#include "chat/chat_service.hpp"
#include "primes/primes_worker.hpp"
#include "server/descriptors.hpp"
#include "server/logging.hpp"

namespace {

namespace http1 = trireme::transport::http1;
using namespace trireme::services;

struct settings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string data = "data";
  std::string web = TRIREME_WEB_DIR;
  std::size_t workers = 0;
};

void define_flags(CLI::App& app, settings& chosen) {
  app.add_option("--host", chosen.host, "Address to listen on")->capture_default_str();
  app.add_option("--port", chosen.port, "Port to listen on; 0 takes any free one")->capture_default_str();
  app.add_option("--data", chosen.data, "Folder for the chat's history; made where it is missing")
      ->capture_default_str();
  app.add_option("--workers", chosen.workers,
                 "Threads that count primes; 0: one fewer than there are cores, at least 1")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--web", chosen.web, "Folder of the page");
}

std::string one_line(const CLI::App*, const CLI::Error& wrong) {
  std::string text = wrong.what();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return "trireme_server: " + text + "; --help tells the flags\n";
}

void serve_page(trireme::proto::server& server, const http1::static_files& page) {
  server.http().route(http1::request_method::get, "/healthz",
                      [](const http1::request&, http1::response to) { to.send(200, "ok\n"); });
  server.fallback([&page](const http1::request& from, http1::response to) {
    if (!page.serve(from, to)) to.send(404, "Not found\n");
  });
}

void greet(const settings& chosen, std::uint16_t port) {
  const std::string host = chosen.host.find(':') == std::string::npos ? chosen.host : "[" + chosen.host + "]";
  const std::string address = "http://" + host + ":" + std::to_string(port);
  std::printf("listening on %s\n", address.c_str());
  std::printf(
      "try: curl -H 'Content-Type: application/json' -d '{\"limit\":\"1000000\"}' "
      "%s/trireme.primes.v1.Primes/Count\n",
      address.c_str());
  std::fflush(stdout);
}

int run(const settings& chosen) {
  trireme::loop loop;
  trireme::actors::pool_options pool_options;
  pool_options.workers = chosen.workers;
  trireme::actors::pool pool(loop, pool_options);
  chat::history history(loop, chosen.data);
  const http1::static_files page(chosen.web);

  trireme::proto::server server(loop, pool);
  server.add_worker<primes::primes_worker>();
  const auto rooms = std::make_shared<chat::chat_service>(loop, history);
  server.add(rooms);
  server.on_drain([rooms] { rooms->close(); });
  serve_page(server, page);
  server.listen(chosen.host, chosen.port);
  greet(chosen, server.port());
  return loop.run();
}

}  // namespace

int main(int argc, char** argv) {
  settings chosen;
  CLI::App app("Trireme's chat and primes server");
  define_flags(app, chosen);
  app.failure_message(one_line);
  CLI11_PARSE(app, argc, argv);
  log_with_spdlog();
  raise_descriptor_limit();
  try {
    return run(chosen);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "trireme_server: %s\n", failure.what());
    return 1;
  }
}
