#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <random>
#include <string>
#include <support/raw_client.hpp>
#include <trireme/core/memory_stream.hpp>
#include <trireme/core/pipeline.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/transport/tcp/duplex_stream.hpp>
#include <trireme/transport/tcp/listener.hpp>

namespace trireme::transport::tcp {
namespace {

using testing::order;
using testing::pump;
using testing::test_loop;

int connected(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(port);
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there), 0);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

/// Two ends of a connection, both on one loop.
struct ends {
  explicit ends(std::size_t limit = std::size_t{1} << 24)
      : group(loop, limit),
        door(loop, "127.0.0.1", 0, [this](int fd) { server = std::make_unique<duplex_stream>(group, fd); }) {
    client = std::make_unique<duplex_stream>(group, connected(door.port()));
    EXPECT_TRUE(pump(loop, [&] { return server != nullptr; }));
  }
  /// Puts a bare socket in the client's place.
  int connect_bare() {
    server.reset();
    const int fd = connected(door.port());
    EXPECT_TRUE(pump(loop, [&] { return server != nullptr; }));
    return fd;
  }
  ~ends() {
    client.reset();
    server.reset();
  }
  bool until(const bool& flag) {
    return pump(loop, [&] { return flag; });
  }
  test_loop loop;
  stream_group group;
  std::unique_ptr<duplex_stream> server, client;
  listener door;
};

void close_with_a_reset(int fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(fd);
}

std::string noise(std::size_t size) {
  std::mt19937_64 random(size);
  std::string text(size, '\0');
  for (char& letter : text) letter = static_cast<char>(random());
  return text;
}

// B17, C10
TEST(DuplexStream, EchoesThroughAPipeline) {
  const std::string sent = noise(2'000'000);
  for (const std::size_t chunk : {100u, 5'000u, 70'000u}) {
    ends pair;
    memory_source source(pair.loop, sent, chunk);
    std::string echoed;
    bool done = false;
    pipeline(pair.loop, source, *pair.client).detach();
    pipeline(pair.loop, *pair.server, *pair.server).detach();
    collect(pair.loop, pair.client->source(), [&](const error& failure, std::string all) {
      EXPECT_FALSE(failure) << failure.message();
      echoed = std::move(all);
      done = true;
    });
    ASSERT_TRUE(pair.until(done));
    EXPECT_TRUE(echoed == sent);
    EXPECT_TRUE(pair.client->sink().finished());
  }
}

// C10
TEST(DuplexStream, AReaderThatRestsSlowsTheWriter) {
  ends pair;
  std::size_t given = 0;
  const shared_bytes chunk(std::string(64 * 1024, 'x'));
  auto endless = make_readable(pair.loop, [&]() -> std::optional<shared_bytes> {
    given += chunk.size();
    return chunk;
  });
  error ended;
  bool over = false;
  pipeline(pair.loop, *endless, *pair.client, [&](const error& failure) {
    ended = failure;
    over = true;
  });
  std::size_t before = ~std::size_t{0};
  pump(pair.loop, [&] { return std::exchange(before, given) == given && given > 0; });
  for (int turn = 0; turn < 100; ++turn) pair.loop.poll();
  const std::size_t stuck_at = given;
  EXPECT_LT(stuck_at, std::size_t{16} << 20) << "what the kernel's buffers hold";
  EXPECT_LE(pair.client->sink().buffered(), 16 * 1024 + chunk.size());
  EXPECT_EQ(pair.server->source().buffered(), 0u) << "nothing is read that nobody asks for";
  bool read = false;
  pair.server->source().read([&](const error&, shared_bytes some) { read = !some.empty(); });
  EXPECT_TRUE(pair.until(read));
  pair.server.reset();
  EXPECT_TRUE(pair.until(over));
  EXPECT_TRUE(ended);
}

TEST(DuplexStream, ClosesOneDirectionAndThenTheOther) {
  ends pair;
  order seen;
  bool done = false;
  const auto client = [&]() -> task<void> {
    co_await pair.client->sink().write(shared_bytes("ping"));
    co_await pair.client->sink().end();
    const std::string answer = co_await collect(pair.loop, pair.client->source());
    seen("answer " + answer);
    done = true;
  };
  const auto server = [&]() -> task<void> {
    const std::string question = co_await collect(pair.loop, pair.server->source());
    seen("question " + question);
    co_await pair.server->sink().write(shared_bytes("pong"));
    co_await pair.server->sink().end();
  };
  auto asking = client();
  auto answering = server();
  EXPECT_TRUE(pair.until(done));
  EXPECT_EQ(seen, (order{"question ping", "answer pong"}));
}

TEST(DuplexStream, ASinkDestroyedWithAnErrorClosesTheConnection) {
  ends pair;
  bool done = false;
  error got;
  pair.client->source().read([&](const error& failure, shared_bytes chunk) {
    got = failure;
    done = true;
    EXPECT_TRUE(chunk.empty());
  });
  pair.server->sink().destroy(errc::canceled);
  EXPECT_EQ(pair.server->source().failure(), error(errc::canceled));
  EXPECT_TRUE(pair.until(done));
}

TEST(DuplexStream, APeerThatResetsFailsBothDirections) {
  ends pair;
  bool done = false;
  error reading;
  pair.server->source().read([&](const error& failure, shared_bytes) {
    reading = failure;
    done = true;
  });
  // Unread bytes make the kernel reset.
  pair.server->sink().write(shared_bytes("unread"), [](const error&) {});
  for (int turn = 0; turn < 20; ++turn) pair.loop.poll();
  pair.client.reset();
  EXPECT_TRUE(pair.until(done));
  EXPECT_EQ(reading.code(), std::errc::connection_reset);
  EXPECT_EQ(pair.server->sink().failure().code(), std::errc::connection_reset);
}

TEST(DuplexStream, MayGoWhilePipesUseIt) {
  for (int turns = 0; turns < 10; ++turns) {
    ends pair;
    auto endless = make_readable(
        pair.loop, [chunk = shared_bytes(std::string(10'000, 'x'))] { return std::optional(chunk); });
    bool sent = false, echoed = false;
    pipeline(pair.loop, *endless, *pair.client, [&](const error&) { sent = true; });
    pipeline(pair.loop, *pair.server, *pair.server, [&](const error& failure) {
      EXPECT_EQ(failure, error(errc::closed));
      echoed = true;
    });
    for (int turn = 0; turn < turns; ++turn) pair.loop.poll();
    pair.server.reset();
    EXPECT_TRUE(pair.until(echoed));
    EXPECT_TRUE(pair.until(sent));
  }
}

TEST(DuplexStream, APeerThatResetsIsNoNewsToWhoOnlyReads) {
  ends pair;
  pair.loop.on_uncaught([](const error& failure) { ADD_FAILURE() << failure.message(); });
  const int peer = pair.connect_bare();
  bool done = false;
  error told;
  collect(pair.loop, pair.server->source(), [&](const error& failure, std::string) {
    told = failure;
    done = true;
  });
  close_with_a_reset(peer);
  EXPECT_TRUE(pair.until(done));
  EXPECT_EQ(told.code(), std::errc::connection_reset);
}

TEST(DuplexStream, APeerThatResetsIsNoNewsWhereAPipelineHasToldOfIt) {
  for (const std::size_t sent : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20}) {
    ends pair;
    pair.loop.on_uncaught([](const error& failure) { ADD_FAILURE() << failure.message(); });
    const int peer = pair.connect_bare();
    bool done = false;
    error told;
    pipeline(pair.loop, *pair.server, *pair.server, [&](const error& failure) {
      told = failure;
      done = true;
    });
    const std::string bytes(sent, 'x');
    for (int turn = 0; turn < 50; ++turn) {
      if (sent > 0) static_cast<void>(::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL));
      pair.loop.poll();
    }
    close_with_a_reset(peer);
    EXPECT_TRUE(pair.until(done));
    EXPECT_TRUE(told);
  }
}

TEST(DuplexStream, ReportsBytesThatAResetLostAndNobodyWasToldOf) {
  ends pair;
  int reported = 0;
  pair.loop.on_uncaught([&](const error&) { ++reported; });
  const int peer = pair.connect_bare();
  static_cast<void>(pair.server->sink().write(shared_bytes(std::string(std::size_t{64} << 20, 'x'))));
  close_with_a_reset(peer);
  EXPECT_TRUE(pump(pair.loop, [&] { return pair.server->sink().destroyed(); }));
  pair.server.reset();
  EXPECT_EQ(reported, 1);
}

TEST(DuplexStream, HoldsNoMoreThanASmallGroupAllows) {
  ends pair(8 * 1024);
  std::string got;
  bool done = false;
  for (int each = 0; each < 5; ++each) {
    static_cast<void>(pair.server->sink().write(shared_bytes(std::string(3000, 'x'))));
  }
  pair.server->sink().end([](const error& failure) { EXPECT_FALSE(failure) << failure.message(); });
  collect(pair.loop, pair.client->source(), [&](const error& failure, std::string all) {
    EXPECT_FALSE(failure) << failure.message();
    got = std::move(all);
    done = true;
  });
  EXPECT_TRUE(pair.until(done));
  EXPECT_EQ(got.size(), 15'000u);
}

}  // namespace
}  // namespace trireme::transport::tcp
