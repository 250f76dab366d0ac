#include <trireme/transport/http1/server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <trireme/core/testing/order.hpp>

#include "http1_fixture.hpp"

namespace trireme::transport::http1 {
namespace {

using testing::order;

// Limits.

TEST(HttpLimits, WaitsForASlowClientAndTellsTheProgram) {
  fixture server;
  raw_client client = server.client(4096);
  client.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  response& to = server.waiting[0];
  to.start(200, "application/octet-stream");
  const std::string piece(32'000, 'x');
  int written = 0;
  int drained = 0;
  const auto write_some = [&](auto& self) -> void {
    while (written < 400) {
      ++written;
      if (to.write(piece)) continue;
      to.on_drained([&] {
        ++drained;
        self(self);
      });
      return;
    }
    to.end();
  };
  write_some(write_some);
  EXPECT_LT(written, 400);
  EXPECT_TRUE(client.read_until("\r\n0\r\n\r\n"));
  EXPECT_GT(drained, 0);
  EXPECT_EQ(static_cast<std::size_t>(std::count(client.received.begin(), client.received.end(), 'x')),
            400 * piece.size());
}

TEST(HttpLimits, SaysFalseOnlyWhereItWillSayDrained) {
  fixture server;
  raw_client client = server.client(1 << 20);
  client.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  response& to = server.waiting[0];
  to.start(200, "application/octet-stream");
  // Over the high-water mark, yet the kernel takes it.
  EXPECT_TRUE(to.write(std::string(80'000, 'x')));
  to.end();
  EXPECT_TRUE(client.read_until("\r\n0\r\n\r\n"));
}

TEST(HttpLimits, DoesNotPileUpResponsesForAClientThatDoesNotRead) {
  fixture server;
  int handled = 0;
  const std::string body(100'000, 'b');
  server.made->fallback([&](const request&, response to) {
    ++handled;
    to.send(200, body);
  });
  std::string requests;
  for (int each = 0; each < 300; ++each) requests += "GET /large HTTP/1.1\r\nHost: h\r\n\r\n";
  raw_client client = server.client(1 << 16);
  client.send_some(requests);
  settle(server.loop);
  EXPECT_LT(handled, 150);
  const std::size_t size = 300 * hello(body).size();
  EXPECT_TRUE(pump(server.loop, [&] {
    client.read();
    return client.received.size() >= size || client.over();
  }));
  EXPECT_EQ(client.received.size(), size);
  EXPECT_EQ(handled, 300);
  EXPECT_EQ(client.take(client.received.size()).size(), size);
  EXPECT_EQ(client.get("/"), hello()) << "nothing behind the last response";
}

TEST(HttpLimits, ReadsOnlySoFarAhead) {
  server_options options;
  options.max_read_ahead = 1000;
  fixture server(options);
  raw_client client = server.client();
  client.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  std::string more;
  while (more.size() < 20'000'000) more += get_root;
  std::size_t sent = 0;
  for (int turn = 0; turn < 2000; ++turn) {
    sent += client.send_some(std::string_view(more).substr(sent));
    server.loop.poll();
  }
  EXPECT_LT(sent, more.size()) << "the server went on reading";
  server.waiting[0].send(200, "first");
  EXPECT_EQ(client.response(), hello("first"));
  EXPECT_EQ(client.response(), hello());
}

TEST(HttpLimits, ReadsOnlySoFarAheadThoughItsAnswersComeLate) {
  server_options options;
  options.max_read_ahead = 1000;
  fixture server(options);
  raw_client client = server.client();
  std::string more;
  while (more.size() < 20'000'000) more += get_later;
  std::size_t sent = 0;
  std::size_t answered = 0;
  for (int turn = 0; turn < 400; ++turn) {
    sent += client.send_some(std::string_view(more).substr(sent));
    server.loop.poll();
    if (answered < server.waiting.size()) server.waiting[answered++].send(204);
    client.read();
  }
  EXPECT_GT(answered, 100u);
  EXPECT_LT(sent, more.size()) << "each answer let another read in";
}

// A49: accepted and closed at once, told of once with both ends, and counted.
TEST(HttpLimits, TurnsClientsAwayBeyondItsLimit) {
  server_options options;
  options.max_connections = 2;
  fixture server(options);
  std::vector<tcp::endpoints> dropped;
  server.made->on_drop([&](const tcp::endpoints& ends) { dropped.push_back(ends); });
  raw_client one = server.client();
  raw_client two = server.client();
  EXPECT_EQ(one.get("/"), hello());
  EXPECT_EQ(two.get("/"), hello());
  raw_client three = server.client();
  EXPECT_TRUE(three.read_to_end());
  EXPECT_EQ(server.count("http1.over_max_connections"), 1);
  ASSERT_EQ(dropped.size(), 1u);
  EXPECT_EQ(dropped[0].local.address, "127.0.0.1");
  EXPECT_EQ(dropped[0].local.port, server.made->port());
  EXPECT_EQ(dropped[0].local.family, 4);
  EXPECT_EQ(dropped[0].remote.address, "127.0.0.1");
  EXPECT_EQ(dropped[0].remote.port, three.port());
  EXPECT_EQ(dropped[0].remote.family, 4);
  one.close();
  pump(server.loop, [&] { return server.made->connections() == 1; });
  raw_client four = server.client();
  EXPECT_EQ(four.get("/"), hello());
}

TEST(HttpLimits, LingersForASlowReaderAsLongAsItReads) {
  fixture server;
  const std::string body(2'000'000, 'b');
  server.made->fallback([&](const request&, response to) { to.send(200, body); });
  raw_client client = server.client(4096);
  client.send("GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  while (!client.over() && client.received.size() < 600'000) {
    client.read(50'000);
    server.loop.poll();
    pass(server.loop, 500ms);
  }
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(client.received.size(), hello(body, "Connection: close\r\n").size());
}

TEST(HttpLimits, CutsOffAReaderThatStops) {
  fixture server;
  const std::string body(12'000'000, 'b');
  server.made->fallback([&](const request&, response to) { to.send(200, body); });
  raw_client client = server.client(4096);
  client.send("GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  settle(server.loop);
  pass(server.loop, 10s);
  EXPECT_EQ(server.made->connections(), 0u);
}

// Draining.

TEST(HttpLimits, DrainsIdleClientsAtOnceAndBusyOnesWhenTheyAreDone) {
  fixture server;
  order log;
  raw_client idle = server.client();
  idle.get("/");
  raw_client busy = server.client();
  busy.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  raw_client half = server.client();
  half.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
  settle(server.loop);
  const std::uint16_t port = server.made->port();
  server.made->drain(60s).then([&] { log("drained"); }).detach();
  EXPECT_TRUE(idle.read_to_end());
  idle.close();
  EXPECT_THROW(raw_client(server.loop, port), std::runtime_error);
  half.send("dy");
  EXPECT_EQ(half.response(), hello("body", "Connection: close\r\n"));
  EXPECT_TRUE(half.read_to_end());
  half.close();
  settle(server.loop);
  EXPECT_EQ(log, order());
  server.waiting[0].send(200, "done");
  EXPECT_EQ(busy.response(), hello("done", "Connection: close\r\n"));
  EXPECT_TRUE(busy.read_to_end());
  busy.close();
  EXPECT_TRUE(pump(server.loop, [&] { return !log.events().empty(); }));
  EXPECT_EQ(log, (order{"drained"}));
}

TEST(HttpLimits, CutsOffWhatIsNotDoneAfterItsPatience) {
  fixture server;
  order log;
  raw_client busy = server.client();
  busy.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  server.waiting[0].on_aborted([&] { log("aborted"); });
  server.made->drain(5s).then([&] { log("drained"); }).detach();
  pass(server.loop, 4s);
  EXPECT_EQ(log, order());
  pass(server.loop, 2s);
  EXPECT_EQ(log, (order{"aborted", "drained"}));
  EXPECT_FALSE(server.waiting[0].send(200, "too late"));
}

TEST(HttpLimits, DrainsFromWithinAHandler) {
  fixture server;
  order log;
  server.made->fallback([&](const request&, response to) {
    server.made->drain(5s).then([&] { log("drained"); }).detach();
    to.send(200, "bye");
  });
  raw_client client = server.client();
  EXPECT_TRUE(says(client.get("/drain"), "200"));
  EXPECT_TRUE(client.read_to_end());
  client.close();
  EXPECT_TRUE(pump(server.loop, [&] { return !log.events().empty(); }));
}

TEST(HttpLimits, IsDrainedAtOnceWithoutClients) {
  fixture server;
  order log;
  server.made->drain(5s).then([&] { log("drained"); }).detach();
  settle(server.loop);
  EXPECT_EQ(log, (order{"drained"}));
}

}  // namespace
}  // namespace trireme::transport::http1
