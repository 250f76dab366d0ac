// Shows that the loop answers at once while every worker counts primes, and that cancelling a count frees its
// worker.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;
using milliseconds = std::chrono::duration<double, std::milli>;

constexpr milliseconds healthz_budget{10};
constexpr milliseconds cancel_budget{50};

struct settings {
  std::string server;
  std::size_t requests = 2'000;
  std::uint64_t limit = 20'000'000'000;
};

/// The program under test, with one worker, on a free port, with a data folder of its own.
class server_process {
public:
  explicit server_process(const std::string& program) {
    std::string folder = (std::filesystem::temp_directory_path() / "trireme-bench-XXXXXX").string();
    int ends[2];
    if (!::mkdtemp(folder.data()) || ::pipe(ends) != 0) throw std::runtime_error("cannot prepare the server");
    data_ = folder;
    id_ = ::fork();
    if (id_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execl(program.c_str(), program.c_str(), "--port", "0", "--workers", "1", "--data", data_.c_str(),
              nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ::fdopen(ends[0], "r");
    unsigned port = 0;
    if (std::fscanf(output_, "listening on http://127.0.0.1:%u", &port) == 1)
      port_ = static_cast<std::uint16_t>(port);
  }
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;
  ~server_process() {
    ::kill(id_, SIGTERM);
    ::waitpid(id_, nullptr, 0);
    std::fclose(output_);
    std::error_code ignored;
    std::filesystem::remove_all(data_, ignored);
  }

  /// 0 where it did not start.
  std::uint16_t port() const noexcept { return port_; }

private:
  std::string data_;
  ::pid_t id_ = -1;
  std::FILE* output_ = nullptr;
  std::uint16_t port_ = 0;
};

/// One blocking HTTP connection, whose answers all have a Content-Length.
class connection {
public:
  explicit connection(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{60, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      ::close(fd_);
      throw std::runtime_error("cannot connect");
    }
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() { ::close(fd_); }

  void send(std::string_view bytes) {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<::ssize_t>(bytes.size())) {
      throw std::runtime_error("cannot send");
    }
  }
  /// One whole answer.
  std::string receive() {
    std::string answer;
    while (!whole(answer)) {
      char piece[4096];
      const ::ssize_t got = ::recv(fd_, piece, sizeof piece, 0);
      if (got <= 0) throw std::runtime_error("no answer");
      answer.append(piece, static_cast<std::size_t>(got));
    }
    return answer;
  }
  bool answered() const {
    char first;
    return ::recv(fd_, &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  }

private:
  static bool whole(const std::string& answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    constexpr std::string_view name = "Content-Length: ";
    const std::size_t at = answer.find(name);
    const std::size_t length = at < end ? std::strtoul(answer.c_str() + at + name.size(), nullptr, 10) : 0;
    return answer.size() >= end + 4 + length;
  }

  int fd_;
};

std::string count_request(std::uint64_t limit) {
  const std::string body = "{\"limit\":\"" + std::to_string(limit) + "\"}";
  return "POST /trireme.primes.v1.Primes/Count HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
         "application/json\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

milliseconds time_of(connection& on, std::string_view request, std::string_view expected) {
  const auto begun = clock_type::now();
  on.send(request);
  const std::string answer = on.receive();
  const milliseconds took = clock_type::now() - begun;
  if (answer.find(expected) == std::string::npos)
    throw std::runtime_error("an answer that is wrong: " + answer);
  return took;
}

bool judge(const char* what, milliseconds measured, milliseconds budget) {
  const bool passed = measured < budget;
  std::printf("%s %s: %.3f ms, budget %.0f ms\n", passed ? "PASS" : "FAIL", what, measured.count(),
              budget.count());
  return passed;
}

bool ping(std::uint16_t port, std::size_t requests, const connection& counting) {
  connection pings(port);
  std::vector<milliseconds> times;
  for (std::size_t each = 0; each < requests; ++each) {
    times.push_back(time_of(pings, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "\r\n\r\nok\n"));
  }
  if (counting.answered())
    throw std::runtime_error("the count ended before the pings: give a larger --limit");
  std::sort(times.begin(), times.end());
  const auto at = [&times](double part) {
    return times[static_cast<std::size_t>(part * (times.size() - 1))];
  };
  std::printf(
      "GET /healthz while primes are counted, %zu on one connection: min %.3f p50 %.3f p99 %.3f max %.3f "
      "ms\n",
      times.size(), at(0).count(), at(0.5).count(), at(0.99).count(), at(1).count());
  return judge("healthz p99", at(0.99), healthz_budget);
}

bool measure(std::uint16_t port, const settings& chosen) {
  connection waiting(port);  // made before, so that the time below is the worker's
  bool passed;
  {
    connection counting(port);
    counting.send(count_request(chosen.limit));
    passed = ping(port, chosen.requests, counting);
  }  // closes the connection, which cancels the count
  const milliseconds freed = time_of(waiting, count_request(10), "{\"count\":\"4\"}");
  return judge("worker free after a cancel", freed, cancel_budget) && passed;
}

}  // namespace

int main(int argc, char** argv) {
  settings chosen;
  CLI::App app(
      "How soon trireme_server answers while it counts primes, and how soon a cancel frees its worker");
  app.add_option("--server", chosen.server, "The program trireme_server")->required();
  app.add_option("--requests", chosen.requests, "How many GET /healthz")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--limit", chosen.limit, "Up to where primes are counted")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    const server_process server(chosen.server);
    if (server.port() == 0) throw std::runtime_error("the server did not start");
    return measure(server.port(), chosen) ? 0 : 1;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "responsiveness: %s\n", failure.what());
    return 2;
  }
}
