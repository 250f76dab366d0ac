#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <trireme/core/loop.hpp>
#include <trireme/transport/http1/server.hpp>
#include <vector>

// A sanitizer's memory says nothing of ours.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TRIREME_COUNTS_MEMORY 0
#else
#define TRIREME_COUNTS_MEMORY 1
#endif

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using namespace trireme::transport;

constexpr std::string_view ask = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// What a client and its server need besides their connections.
constexpr std::size_t descriptors_besides = 200;

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

bool answered(int fd) {
  char answer[512];
  return ::send(fd, ask.data(), ask.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(ask.size()) &&
         ::recv(fd, answer, sizeof answer, 0) > 0 && std::string_view(answer).starts_with("HTTP/1.1 200");
}

int connected(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? fd : -1;
}

/// In a process of its own: opens them all, has each answered twice, and waits for the server's word between.
/// Ends with 0 where every one was.
[[noreturn]] void be_the_clients(std::uint16_t port, std::size_t count, int told, int tells) {
  std::vector<int> open;
  bool all = true;
  for (std::size_t each = 0; each < count && all; ++each) {
    open.push_back(connected(port));
    all = open.back() >= 0 && answered(open.back());
  }
  char word = all ? 'y' : 'n';
  all = ::write(tells, &word, 1) == 1 && ::read(told, &word, 1) == 1 && all;
  for (const int fd : open) all = all && answered(fd);
  ::_exit(all ? 0 : 1);
}

std::size_t resident_bytes() {
  std::size_t whole = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> whole >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t entries(const char* directory) {
  const std::filesystem::directory_iterator begin(directory);
  return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
}

struct two_pipes {
  two_pipes() {
    if (::pipe(to_clients) != 0 || ::pipe(from_clients) != 0) std::abort();
  }
  ~two_pipes() {
    for (const int fd : {to_clients[0], to_clients[1], from_clients[0], from_clients[1]}) ::close(fd);
  }
  int to_clients[2];
  int from_clients[2];
};

// A48, D04: every one of 10,000 is answered, idle ones cost little, none leaks a descriptor, and one thread
// serves them all.
TEST(ManyConnections, AreEachAnsweredCostLittleAndLeaveNothing) {
  const std::size_t count = std::min<std::size_t>(10'000, raise_descriptor_limit() - descriptors_besides);
  two_pipes words;
  loop loop;
  http1::server server(loop);
  server.listen("127.0.0.1", 0);
  server.route(http1::request_method::get, "/",
               [](const http1::request&, http1::response to) { to.send(200, "hello"); });
  const std::size_t descriptors = entries("/proc/self/fd");
  const pid_t clients = ::fork();
  if (clients == 0) be_the_clients(server.port(), count, words.to_clients[0], words.from_clients[1]);
  const std::size_t before = resident_bytes();
  const auto open = [&] { return server.connections() == count; };
  for (int turns = 0; turns < 3'000 && !open(); ++turns) loop.run_for(10ms);
  ASSERT_EQ(server.connections(), count);
  const std::size_t grown = resident_bytes() - before;
  RecordProperty("bytes_for_each", static_cast<int>(grown / count));
#if TRIREME_COUNTS_MEMORY
  EXPECT_LE(grown / count, 8u * 1024);
#endif
  EXPECT_LE(entries("/proc/self/task"), 2u);
  ASSERT_EQ(::write(words.to_clients[1], "y", 1), 1);
  for (int turns = 0; turns < 3'000 && server.connections() > 0; ++turns) loop.run_for(10ms);
  EXPECT_EQ(server.connections(), 0u);
  int status = -1;
  ::waitpid(clients, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "a client was not answered";
  EXPECT_EQ(entries("/proc/self/fd"), descriptors);
}

}  // namespace
