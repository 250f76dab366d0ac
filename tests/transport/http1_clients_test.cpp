#include <trireme/transport/http1/server.hpp>

#include <gtest/gtest.h>

#include <trireme/core/testing/order.hpp>

#include "http1_fixture.hpp"

namespace trireme::transport::http1 {
namespace {

using testing::order;

// Time.

TEST(HttpClients, TimesOutAHeadThatIsNeverWhole) {
  fixture server;
  raw_client client = server.client();
  client.send("GET / HT");
  settle(server.loop);
  pass(server.loop, 30s);
  client.send("TP/1.1\r\n");  // trickling buys no time
  pass(server.loop, 29s);
  client.read();
  EXPECT_EQ(client.received, "");
  pass(server.loop, 2s);
  EXPECT_TRUE(says(client.response(), "408", "Connection: close\r\n"));
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(server.count("http1.timed_out"), 1);
}

TEST(HttpClients, TimesOutABodyThatIsNeverWhole) {
  fixture server;
  raw_client client = server.client();
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.response(true);
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nbod");
  settle(server.loop);
  pass(server.loop, 299s);
  client.read();
  EXPECT_EQ(client.received, "");
  pass(server.loop, 2s);
  const std::string answer = client.response();
  EXPECT_TRUE(says(answer, "408", "Request timed out")) << answer;
  EXPECT_TRUE(client.read_to_end());
}

TEST(HttpClients, AnswersATimeOutInFullAfterAHead) {
  fixture server;
  raw_client client = server.client();
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.response(true);
  client.send("GET ");
  settle(server.loop);
  pass(server.loop, 61s);
  EXPECT_TRUE(says(client.response(), "408", "Request timed out"));
}

TEST(HttpClients, ClosesWhatIsIdleTooLong) {
  fixture server;
  raw_client silent = server.client();
  raw_client client = server.client();
  client.get("/");
  pass(server.loop, 60s);
  EXPECT_EQ(client.get("/"), hello()) << "a request starts the wait anew";
  pass(server.loop, 60s);
  EXPECT_TRUE(silent.read_to_end());
  EXPECT_EQ(silent.received, "");
  client.read();
  EXPECT_FALSE(client.over());
  pass(server.loop, 16s);
  EXPECT_TRUE(client.read_to_end());
  pass(server.loop, 3s);
  EXPECT_EQ(server.made->connections(), 0u) << "though neither has closed its side";
  EXPECT_EQ(server.count("http1.timed_out"), 0);
}

TEST(HttpClients, LetsAHandlerTakeItsTime) {
  fixture server;
  raw_client client = server.client();
  client.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  pass(server.loop, 1000s);
  EXPECT_TRUE(server.waiting[0].send(200, "late"));
  EXPECT_EQ(client.response(), hello("late"));
}

// Clients that go.

TEST(HttpClients, TellsAHandlerThatItsClientHasGone) {
  fixture server;
  raw_client client = server.client();
  client.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  order log;
  server.waiting[0].on_aborted([&] { log("aborted"); });
  client.reset();
  EXPECT_TRUE(server.wait_until_gone());
  EXPECT_EQ(log, (order{"aborted"}));
  EXPECT_FALSE(server.waiting[0].open());
  EXPECT_FALSE(server.waiting[0].send(200, "nobody"));
  EXPECT_FALSE(server.waiting[0].start(200, "text/plain"));
  EXPECT_FALSE(server.waiting[0].write("nobody"));
  EXPECT_FALSE(server.waiting[0].end());
  raw_client next = server.client();  // takes the slot
  next.send(get_later);
  ASSERT_TRUE(server.wait_for(2));
  EXPECT_FALSE(server.waiting[0].open());
  EXPECT_TRUE(server.waiting[1].open());
}

TEST(HttpClients, TellsAHandlerOnlyOnceAndOnlyWhileItAnswers) {
  fixture server;
  order log;
  raw_client client = server.client();
  client.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  server.waiting[0].on_aborted([&] { log("first"); });
  server.waiting[0].send(200, "done");
  client.response();
  client.send(get_later);
  ASSERT_TRUE(server.wait_for(2));
  server.waiting[1].on_aborted([&] { log("second"); });
  client.finish();
  settle(server.loop);
  client.reset();
  settle(server.loop);
  EXPECT_EQ(log, (order{"second"}));
}

TEST(HttpClients, IsNotOpenAnyMoreWithinTheTurnThatCutItOff) {
  server_options options;
  options.max_buffered = 100'000;
  fixture server(options);
  raw_client client = server.client(4096);
  client.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  response& to = server.waiting[0];
  order log;
  to.on_aborted([&] { log("aborted"); });
  to.start(200, "text/plain");
  const std::string piece(50'000, 'x');
  for (int piece_number = 0; piece_number < 1000 && to.open(); ++piece_number) to.write(piece);
  EXPECT_EQ(log, (order{"aborted"}));
  EXPECT_FALSE(to.open());
  EXPECT_FALSE(to.write("x"));
  EXPECT_FALSE(to.end());
  EXPECT_EQ(server.count("tcp.output_overflow"), 1);
  EXPECT_TRUE(server.wait_until_gone());
}

TEST(HttpClients, MayBeWrittenOnePieceThatIsLargerThanTheLimit) {
  const std::string piece(8'000'000, 'x');
  for (const char* version : {"1.0", "1.1"}) {
    server_options options;
    options.max_buffered = 100'000;
    fixture server(options);
    raw_client client = server.client(4096);
    client.send(std::string("GET /later HTTP/") + version + "\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(server.wait_for(1));
    response& to = server.waiting[0];
    to.start(200, "text/plain");
    settle(server.loop);
    EXPECT_FALSE(to.write(piece)) << "it waits";
    EXPECT_TRUE(to.open()) << version;
    EXPECT_FALSE(to.write(piece)) << "another behind it is too much";
    EXPECT_FALSE(to.open()) << version;
    EXPECT_EQ(server.count("tcp.output_overflow"), 1);
  }
}

TEST(HttpClients, AnswersAHalfClosedClient) {
  fixture server;
  raw_client client = server.client();
  client.send(get_later);
  client.finish();
  ASSERT_TRUE(server.wait_for(1));
  settle(server.loop);
  EXPECT_TRUE(server.waiting[0].send(200, "still"));
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(client.received, hello("still"));
  EXPECT_TRUE(server.wait_until_gone());
}

TEST(HttpClients, AnswersAllThatAHalfClosedClientHasAsked) {
  fixture server;
  raw_client client = server.client();
  client.send(std::string(get_later) + std::string(get_later) + std::string(get_root) + "GET / HT");
  client.finish();
  ASSERT_TRUE(server.wait_for(1));
  settle(server.loop);
  server.waiting[0].send(200, "one");
  ASSERT_TRUE(server.wait_for(2));
  settle(server.loop);
  server.waiting[1].send(200, "two");
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(client.received, hello("one") + hello("two") + hello());
  EXPECT_TRUE(server.wait_until_gone());
}

TEST(HttpClients, SendsALargeResponseToAHalfClosedClientInFull) {
  fixture server;
  const std::string body(3'000'000, 'b');
  server.made->fallback([&](const request&, response to) { to.send(200, body); });
  raw_client client = server.client(4096);
  client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  client.finish();
  settle(server.loop);
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(client.received.size(), hello(body).size());
  EXPECT_TRUE(server.wait_until_gone());
}

TEST(HttpClients, AnswersAHalfClosedClientFromWithinTheTurnThatReadsItsEnd) {
  fixture server;
  raw_client client = server.client();
  client.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  raw_client other = server.client();
  server.made->fallback([&](const request&, response to) {
    server.waiting[0].send(200, "now");
    to.send(204);
  });
  settle(server.loop);
  other.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  client.finish();
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(client.received, hello("now"));
}

TEST(HttpClients, LosesNoneOfManyThatHalfCloseWithTheirRequest) {
  fixture server;
  constexpr int clients = 500;
  int answered = 0;
  for (int each = 0; each < clients; ++each) {
    raw_client client = server.client();
    client.send_some(get_root);
    client.finish();
    ASSERT_TRUE(client.read_to_end()) << each;
    answered += client.received == hello();
  }
  EXPECT_EQ(answered, clients);
  EXPECT_TRUE(server.wait_until_gone());
}

TEST(HttpClients, LosesNoneOfManyAtOnceThatHalfClose) {
  fixture server;
  std::vector<raw_client> clients;
  for (int each = 0; each < 200; ++each) clients.push_back(server.client());
  settle(server.loop);
  for (raw_client& each : clients) {
    each.send_some(get_root);
    each.finish();
  }
  for (raw_client& each : clients) {
    EXPECT_TRUE(each.read_to_end());
    EXPECT_EQ(each.received, hello());
  }
  EXPECT_TRUE(server.wait_until_gone());
}

TEST(HttpClients, ForgetsClientsThatVanish) {
  fixture server;
  std::vector<raw_client> clients;
  for (int each = 0; each < 30; ++each) clients.push_back(server.client());
  settle(server.loop);
  for (std::size_t each = 0; each < clients.size(); ++each) {
    if (each % 3 == 1) clients[each].send_some(get_root);
    if (each % 3 == 2) clients[each].send_some("GET / HT");
    clients[each].reset();
  }
  EXPECT_TRUE(server.wait_until_gone());
}

TEST(HttpClients, DoesNotSpinOnAHalfClosedClientThatWaits) {
  fixture server;
  raw_client client = server.client();
  client.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  int told = 0;
  server.waiting[0].on_aborted([&] {
    ++told;
    server.waiting[0].on_aborted([&] { ++told; });
  });
  client.finish();
  settle(server.loop);
  EXPECT_LE(told, 2);
  server.waiting[0].send(200, "x");
  EXPECT_EQ(client.response(), hello("x"));
}

}  // namespace
}  // namespace trireme::transport::http1
