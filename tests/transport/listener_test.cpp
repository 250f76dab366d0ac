#include <trireme/transport/tcp/listener.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <support/raw_client.hpp>
#include <trireme/transport/tcp/endpoint.hpp>
#include <vector>

namespace trireme::transport::tcp {
namespace {

using testing::pump;
using testing::raw_client;
using testing::settle;
using testing::test_loop;

/// Accepts and keeps.
struct fixture {
  explicit fixture(listener_options options = {})
      : listening(
            loop, "127.0.0.1", 0, [this](int fd) { accepted.push_back(fd); }, options) {}
  ~fixture() {
    for (const int fd : accepted) ::close(fd);
  }
  raw_client client() { return raw_client(loop, listening.port()); }
  bool wait_for(std::size_t clients) {
    return pump(loop, [&] { return accepted.size() >= clients; });
  }

  test_loop loop;
  std::vector<int> accepted;
  listener listening;
};

TEST(Listener, AcceptsOnAFreePort) {
  fixture server;
  EXPECT_NE(server.listening.port(), 0);
  raw_client one = server.client();
  raw_client two = server.client();
  ASSERT_TRUE(server.wait_for(2));
  EXPECT_NE(::fcntl(server.accepted[0], F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(server.accepted[0], F_GETFD) & FD_CLOEXEC, 0);
}

TEST(Listener, SaysWhichAddressItCannotHave) {
  fixture server;
  const auto fails = [&](const std::string& host, std::uint16_t port, std::string_view text) {
    try {
      listener second(server.loop, host, port, [](int) {});
      ADD_FAILURE() << "did not throw";
    } catch (const error& failure) {
      EXPECT_NE(failure.message().find(text), std::string::npos) << failure.message();
    }
  };
  const std::uint16_t port = server.listening.port();
  fails("127.0.0.1", port, "127.0.0.1:" + std::to_string(port));
  fails("not an address", 0, "not an address");
}

TEST(Listener, TellsBothEndsOfAConnection) {
  fixture server;
  raw_client client = server.client();
  ASSERT_TRUE(server.wait_for(1));
  const endpoints ends = endpoints_of(server.accepted[0]);
  EXPECT_EQ(ends.local.address, "127.0.0.1");
  EXPECT_EQ(ends.local.port, server.listening.port());
  EXPECT_EQ(ends.remote.port, client.port());
  EXPECT_EQ(ends.remote.family, 4);
  EXPECT_TRUE(endpoints_of(-1).remote.address.empty());
}

TEST(Listener, TellsTheEndsOfAnIpv6Socket) {
  const int bound = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_addr = in6addr_loopback;
  if (bound < 0 || ::bind(bound, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) {
    ::close(bound);
    GTEST_SKIP() << "this machine has no IPv6";
  }
  const endpoints ends = endpoints_of(bound);
  ::close(bound);
  EXPECT_EQ(ends.local.address, "::1");
  EXPECT_NE(ends.local.port, 0);
  EXPECT_EQ(ends.local.family, 6);
  EXPECT_EQ(ends.remote.family, 0) << "it is not connected";
}

TEST(Listener, SharesAPortWhereAsked) {
  listener_options options;
  options.reuse_port = true;
  fixture server(options);
  int accepted = 0;
  listener second(
      server.loop, "127.0.0.1", server.listening.port(), [&](int fd) { ++accepted, ::close(fd); }, options);
  std::vector<raw_client> clients;
  for (int each = 0; each < 64; ++each) clients.push_back(server.client());
  EXPECT_TRUE(pump(server.loop, [&] { return accepted + static_cast<int>(server.accepted.size()) == 64; }));
}

TEST(Listener, LeavesClientsWithTheKernelWhilePaused) {
  fixture server;
  server.listening.pause();
  raw_client client = server.client();
  settle(server.loop);
  EXPECT_TRUE(server.accepted.empty());
  server.listening.resume();
  EXPECT_TRUE(server.wait_for(1));
}

TEST(Listener, AcceptsMoreThanOneTurnTakes) {
  fixture server;
  std::vector<raw_client> clients;
  for (int each = 0; each < 300; ++each) clients.push_back(server.client());
  EXPECT_TRUE(server.wait_for(300));
}

TEST(Listener, StopsListeningWhenDestroyed) {
  test_loop loop;
  std::uint16_t port = 0;
  {
    listener listening(loop, "127.0.0.1", 0, [](int fd) { ::close(fd); });
    port = listening.port();
  }
  EXPECT_THROW(raw_client(loop, port), std::runtime_error);
}

/// Takes all descriptors of the process but those already open, for as long as it lives.
class no_descriptors {
public:
  no_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    rlimit lowered = before_;
    lowered.rlim_cur = static_cast<rlim_t>(next);
    ::setrlimit(RLIMIT_NOFILE, &lowered);
  }
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
  rlimit before_{};
};

// A50
TEST(Listener, RefusesClientsCleanlyWhereNoDescriptorIsLeft) {
  fixture server;
  counter& refused = server.loop.counters().get("tcp.refused");
  raw_client one = server.client();
  raw_client two = server.client();
  {
    const no_descriptors scarce;
    EXPECT_TRUE(one.read_to_end()) << "hung up on, not left waiting";
    EXPECT_TRUE(two.read_to_end());
    EXPECT_EQ(refused.value(), 2);
    settle(server.loop);
    EXPECT_EQ(refused.value(), 2) << "each is counted once";
    EXPECT_TRUE(server.accepted.empty());
  }
  raw_client three = server.client();
  EXPECT_TRUE(server.wait_for(1));
  EXPECT_EQ(refused.value(), 2);
}

}  // namespace
}  // namespace trireme::transport::tcp
