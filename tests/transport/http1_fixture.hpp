#pragma once
#include <optional>
#include <string>
#include <support/raw_client.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/transport/http1/server.hpp>
#include <vector>

namespace trireme::transport::http1 {

using namespace std::chrono_literals;
using testing::pass;
using testing::pump;
using testing::raw_client;
using testing::settle;
using testing::test_loop;

/// A server on a free port, under virtual time, without Date.
struct fixture {
  explicit fixture(server_options options = {}) : made(std::in_place, loop, without_date(options)) {
    made->listen("127.0.0.1", 0);
    made->route(request_method::get, "/", [](const request&, response to) { to.send(200, "hello"); });
    made->route(request_method::post, "/echo",
                [](const request& from, response to) { to.send(200, from.body()); });
    // Answered by the test.
    made->route(request_method::get, "/later",
                [this](const request&, response to) { waiting.push_back(to); });
  }
  static server_options without_date(server_options options) {
    options.send_date = false;
    return options;
  }
  raw_client client(int receive_buffer = 0) { return raw_client(loop, made->port(), receive_buffer); }
  bool wait_for(std::size_t requests) {
    return pump(loop, [&] { return waiting.size() >= requests; });
  }
  bool wait_until_gone() {
    return pump(loop, [&] { return made->connections() == 0; });
  }
  std::int64_t count(std::string_view name) { return loop.counters().get(name).value(); }

  test_loop loop;
  std::optional<server> made;
  std::vector<response> waiting;
};

inline constexpr std::string_view get_root = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
inline constexpr std::string_view get_later = "GET /later HTTP/1.1\r\nHost: h\r\n\r\n";

inline std::string hello(std::string_view body = "hello", std::string_view fields = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(fields) +
         "Content-Type: text/plain; charset=utf-8\r\n\r\n" + std::string(body);
}

inline bool says(const std::string& response, std::string_view status, std::string_view field = {}) {
  return response.starts_with("HTTP/1.1 " + std::string(status)) && response.find(field) != response.npos;
}

}  // namespace trireme::transport::http1
