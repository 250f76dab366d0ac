#include <trireme/transport/websocket/connection.hpp>

#include <gtest/gtest.h>

#include "websocket_fixture.hpp"

namespace trireme::transport::websocket {
namespace {

constexpr std::string_view accepted = "HTTP/1.1 101 Switching Protocols\r\n";

TEST(WebSocket, UpgradesAndEchoes) {
  fixture server;
  socket_client client = server.client();
  EXPECT_TRUE(client.answer.starts_with(accepted));
  EXPECT_NE(client.answer.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), client.answer.npos);
  client.send(masked(opcode::text, "hello") + masked(opcode::binary, std::string("\0\xff", 2)) +
              masked(opcode::text, ""));
  EXPECT_EQ(client.next(), (frame{opcode::text, "hello"}));
  EXPECT_EQ(client.next(), (frame{opcode::binary, std::string("\0\xff", 2)}));
  EXPECT_EQ(client.next(), (frame{opcode::text, ""}));
  EXPECT_EQ(server.http.connections(), 0u) << "it is the endpoint's now";
  EXPECT_EQ(server.sockets->size(), 1u);
}

TEST(WebSocket, HearsWhatCameInOnePacketWithTheRequest) {
  fixture server;
  raw_client raw(server.loop, server.http.port());
  raw.send(std::string(socket_client::upgrade_request) + "\r\n" + masked(opcode::text, "one") +
           masked(opcode::text, "two").substr(0, 4));
  ASSERT_TRUE(raw.read_until("one"));
  raw.send(masked(opcode::text, "two").substr(4));
  ASSERT_TRUE(raw.read_until("two"));
  EXPECT_TRUE(raw.received.starts_with(accepted));
  EXPECT_EQ(server.events.log, (order{"open", "text one", "text two"}));
}

TEST(WebSocket, AnswersAPipelinedRequestBeforeTheUpgrade) {
  fixture server;
  server.http.route(http1::request_method::get, "/",
                    [](const http1::request&, http1::response to) { to.send(204); });
  raw_client raw(server.loop, server.http.port());
  raw.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(socket_client::upgrade_request) + "\r\n" +
           masked(opcode::text, "one"));
  ASSERT_TRUE(raw.read_until("one"));
  EXPECT_TRUE(raw.received.starts_with("HTTP/1.1 204"));
  EXPECT_NE(raw.received.find(accepted), raw.received.npos);
}

TEST(WebSocket, JoinsFragmentsWithAPingBetween) {
  fixture server;
  socket_client client = server.client();
  client.send(masked(opcode::text, "on", false) + masked(opcode::ping, "?") +
              masked(opcode::continuation, "e t", false) + masked(opcode::continuation, "wo"));
  EXPECT_EQ(client.next(), (frame{opcode::pong, "?"}));
  EXPECT_EQ(client.next(), (frame{opcode::text, "one two"}));
}

TEST(WebSocket, EchoesAMegabyteThatComesInPieces) {
  fixture server;
  socket_client client = server.client();
  std::string large(std::size_t{1} << 20, 'x');
  for (std::size_t at = 0; at < large.size(); ++at) large[at] = static_cast<char>('a' + at % 23);
  const std::string bytes = masked(opcode::text, large);
  for (std::size_t at = 0; at < bytes.size(); at += 50'001) {
    ASSERT_TRUE(client.send(std::string_view(bytes).substr(at, 50'001)));
    server.loop.poll();
  }
  client.send(masked(opcode::text, "next"));
  EXPECT_EQ(client.next(), (frame{opcode::text, large}));
  EXPECT_EQ(client.next(), (frame{opcode::text, "next"}));
}

TEST(WebSocket, ReadsFramesThatTrickleByteByByte) {
  fixture server;
  socket_client client = server.client();
  const std::string bytes = masked(opcode::text, "grüße") + masked(opcode::binary, std::string(300, 'b')) +
                            masked(opcode::ping, "p");
  for (const char byte : bytes) {
    client.send({&byte, 1});
    server.loop.poll();
  }
  EXPECT_EQ(client.next(), (frame{opcode::text, "grüße"}));
  EXPECT_EQ(client.next(), (frame{opcode::binary, std::string(300, 'b')}));
  EXPECT_EQ(client.next(), (frame{opcode::pong, "p"}));
}

// Handshakes that are refused.

TEST(WebSocket, RefusesPagesFromElsewhere) {
  fixture server;
  socket_client client = server.client("Origin: http://evil.example\r\n");
  EXPECT_TRUE(client.answer.starts_with("HTTP/1.1 403")) << client.answer;
  EXPECT_TRUE(client.read_to_end());
  EXPECT_TRUE(server.client("Origin: http://h\r\n").answer.starts_with(accepted));
}

TEST(WebSocket, RefusesClientsThatSpeakNothingOfOurs) {
  endpoint_options options;
  options.subprotocols = {"ours.v1", "ours.v2"};
  options.require_subprotocol = true;
  fixture server(options);
  EXPECT_TRUE(server.client().answer.starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(server.client("Sec-WebSocket-Protocol: theirs\r\n").answer.starts_with("HTTP/1.1 400"));
  socket_client client = server.client("Sec-WebSocket-Protocol: theirs, ours.v2\r\n");
  EXPECT_NE(client.answer.find("Sec-WebSocket-Protocol: ours.v2\r\n"), client.answer.npos) << client.answer;
  EXPECT_EQ(server.sockets->find(server.events.last)->subprotocol(), "ours.v2");
}

TEST(WebSocket, RefusesOtherVersionsAndBadRequests) {
  fixture server;
  const auto refused = [&](std::string_view from, std::string_view to, std::string_view status) {
    std::string request(socket_client::upgrade_request);
    request.replace(request.find(from), from.size(), to);
    raw_client raw(server.loop, server.http.port());
    raw.send(request + "\r\n");
    const std::string answer = raw.response();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::string(status))) << answer;
    EXPECT_TRUE(raw.read_to_end());
    return answer;
  };
  const std::string answer = refused("Version: 13", "Version: 8", "426");
  EXPECT_NE(answer.find("Sec-WebSocket-Version: 13\r\n"), answer.npos);
  refused("dGhlIHNhbXBsZSBub25jZQ==", "short", "400");
  refused("GET", "POST", "405");
  EXPECT_EQ(server.events.log, order());
}

TEST(WebSocket, RefusesClientsBeyondItsLimit) {
  endpoint_options options;
  options.max_connections = 1;
  fixture server(options);
  socket_client one = server.client();
  socket_client two = server.client();
  EXPECT_TRUE(two.answer.starts_with("HTTP/1.1 503")) << two.answer;
  EXPECT_TRUE(two.read_to_end());
  one.close();
  EXPECT_TRUE(server.wait_until_gone());
  EXPECT_TRUE(server.client().answer.starts_with(accepted));
}

// Closing.

TEST(WebSocket, AnswersACloseWithItsCodeAndEnds) {
  fixture server;
  socket_client client = server.client();
  client.send(close_frame(4001, "bye") + masked(opcode::text, "ignored"));
  EXPECT_EQ(client.close_code(), 4001);
  EXPECT_TRUE(client.read_to_end());
  EXPECT_FALSE(client.failed());
  client.close();
  EXPECT_TRUE(server.wait_until_gone());
  EXPECT_EQ(server.events.log, (order{"open", "close 4001 bye"}));
  EXPECT_FALSE(server.events.sent_in_close);
}

TEST(WebSocket, AnswersACloseWithoutACode) {
  fixture server;
  socket_client client = server.client();
  client.send(masked(opcode::close, ""));
  EXPECT_EQ(client.next(), (frame{opcode::close, ""}));
  EXPECT_TRUE(client.read_to_end());
  client.close();
  EXPECT_TRUE(server.wait_until_gone());
  EXPECT_EQ(server.events.log, (order{"open", "close 1005"}));
}

TEST(WebSocket, ClosesAndWaitsForTheAnswer) {
  fixture server;
  server.events.at_message = [](connection& from, const std::string&) {
    from.send("last", true);
    from.close(static_cast<close_code>(4000), "enough");
    EXPECT_TRUE(from.closing());
    EXPECT_FALSE(from.send("after", true));
    EXPECT_FALSE(from.send_frame(encode_frame("after", true)));
    from.close();
  };
  socket_client client = server.client();
  client.send(masked(opcode::text, "x") + masked(opcode::text, "not delivered"));
  EXPECT_EQ(client.next(), (frame{opcode::text, "last"}));
  const frame closing = client.next();
  EXPECT_EQ(closing.kind, opcode::close);
  EXPECT_EQ(closing.payload.substr(2), "enough");
  settle(server.loop);
  client.read();
  EXPECT_FALSE(client.over()) << "it waits for our close frame";
  EXPECT_EQ(server.events.log, (order{"open", "text x"}));
  client.send(close_frame(4000));
  EXPECT_TRUE(client.read_to_end());
  client.close();
  EXPECT_TRUE(server.wait_until_gone());
  EXPECT_EQ(server.events.log, (order{"open", "text x", "close 4000"}));
}

TEST(WebSocket, CutsOffAPeerThatDoesNotAnswerAClose) {
  fixture server;
  socket_client client = server.client();
  server.sockets->close_all(close_code::going_away, "restart");
  EXPECT_EQ(client.close_code(), 1001);
  pass(server.loop, 4s);
  EXPECT_EQ(server.events.log, (order{"open"}));
  pass(server.loop, 3s);
  EXPECT_EQ(server.events.log, (order{"open", "close 1006"}));
  EXPECT_EQ(server.sockets->size(), 0u);
  EXPECT_EQ(server.count("websocket.cut_off"), 1);
}

TEST(WebSocket, LetsGoOfAPeerThatNeverHangsUp) {
  fixture server;
  socket_client client = server.client();
  client.send(close_frame(1000));
  EXPECT_EQ(client.close_code(), 1000);
  EXPECT_TRUE(client.read_to_end());
  pass(server.loop, 7s);
  EXPECT_EQ(server.sockets->size(), 0u);
  EXPECT_EQ(server.events.log, (order{"open", "close 1000"}));
}

TEST(WebSocket, ClosesFromWithinOnOpen) {
  fixture server;
  server.events.at_open = [](connection& opened) { opened.close(close_code::policy_violation, "no"); };
  socket_client client = server.client();
  EXPECT_EQ(client.close_code(), 1008);
  client.send(close_frame(1008));
  EXPECT_TRUE(client.read_to_end());
  client.close();
  EXPECT_TRUE(server.wait_until_gone());
  EXPECT_EQ(server.events.log, (order{"open", "close 1008"}));
}

TEST(WebSocket, ClosesEveryoneAtOnce) {
  fixture server;
  std::vector<socket_client> clients;
  for (int each = 0; each < 5; ++each) clients.push_back(server.client());
  server.sockets->close_all(close_code::going_away);
  for (socket_client& each : clients) {
    EXPECT_EQ(each.close_code(), 1001);
    each.send(close_frame(1001));
    EXPECT_TRUE(each.read_to_end());
    each.close();
  }
  EXPECT_TRUE(server.wait_until_gone());
}

TEST(WebSocket, NoticesAPeerThatJustGoes) {
  fixture server;
  socket_client hangs_up = server.client();
  hangs_up.close();
  EXPECT_TRUE(server.wait_until_gone());
  socket_client vanishes = server.client();
  vanishes.reset();
  EXPECT_TRUE(server.wait_until_gone());
  socket_client speaks_and_vanishes = server.client();
  speaks_and_vanishes.send_some(masked(opcode::text, "x"));
  speaks_and_vanishes.reset();
  EXPECT_TRUE(server.wait_until_gone());
  EXPECT_EQ(server.sockets->find(server.events.last), nullptr);
}

TEST(WebSocket, HearsTheLastWordsOfAPeerThatHangsUp) {
  fixture server;
  socket_client client = server.client();
  client.send_some(masked(opcode::text, "one") + masked(opcode::text, "two"));
  client.finish();
  EXPECT_TRUE(server.wait_until_gone());
  EXPECT_EQ(server.events.log, (order{"open", "text one", "text two", "close 1006"}));
}

// Peers that break the rules.

struct breach {
  std::string bytes;
  int code;
};

TEST(WebSocket, ClosesWithTheCodeOfTheBreach) {
  const std::vector<breach> breaches{
      {masked(opcode::text, "\xff\xfe"), 1007},
      {masked(opcode::text, "ok", false) + masked(opcode::continuation, "\xc3"), 1007},
      {masked(opcode::binary, std::string(2000, 'x')), 1009},
      {masked(opcode::binary, std::string(600, 'x'), false) +
           masked(opcode::continuation, std::string(600, 'x')),
       1009},
      {encode_frame("not masked", true), 1002},
      {masked(opcode::continuation, "of nothing"), 1002},
      {masked(static_cast<opcode>(3), ""), 1002},
      {masked(opcode::ping, "", false), 1002},
      {close_frame(1006), 1002}};
  endpoint_options options;
  options.max_message = 1000;
  fixture server(options);
  for (const breach& each : breaches) {
    server.events.log.clear();
    socket_client client = server.client();
    client.send(each.bytes + masked(opcode::text, "ignored"));
    EXPECT_EQ(client.close_code(), each.code);
    EXPECT_TRUE(client.read_to_end());
    client.close();
    EXPECT_TRUE(server.wait_until_gone());
    EXPECT_EQ(server.events.log, (order{"open", "close " + std::to_string(each.code)}));
  }
}

TEST(WebSocket, DeliversItsCloseThoughMoreKeepsComing) {
  fixture server;
  socket_client client = server.client();
  EXPECT_TRUE(client.send(masked(opcode::binary, std::string(5'000'000, 'x'))));
  EXPECT_EQ(client.close_code(), 1009);
  EXPECT_TRUE(client.read_to_end());
}

TEST(WebSocket, PingsTheSilentAndCutsThemOff) {
  fixture server;
  socket_client silent = server.client();
  socket_client answering = server.client();
  settle(server.loop);
  pass(server.loop, 29s);
  silent.read();
  EXPECT_EQ(silent.received, "");
  pass(server.loop, 3s);
  EXPECT_EQ(silent.next(), (frame{opcode::ping, ""}));
  EXPECT_EQ(answering.next(), (frame{opcode::ping, ""}));
  answering.send(masked(opcode::pong, ""));
  settle(server.loop);
  pass(server.loop, 31s);
  EXPECT_TRUE(silent.read_to_end());
  EXPECT_EQ(server.sockets->size(), 1u);
  EXPECT_EQ(server.events.log, (order{"open", "open", "close 1006"}));
  EXPECT_EQ(server.count("websocket.cut_off"), 1);
  EXPECT_EQ(answering.next(), (frame{opcode::ping, ""}));
}

TEST(WebSocket, CutsOffAClientThatDoesNotRead) {
  endpoint_options options;
  options.max_buffered = 100'000;
  fixture server(options);
  socket_client client = server.client({}, 4096);
  connection* const found = server.sockets->find(server.events.last);
  const std::string message(50'000, 'x');
  int sent = 0;
  while (sent < 1000 && found->send(message, false)) ++sent;
  EXPECT_LT(sent, 1000);
  EXPECT_EQ(server.count("tcp.output_overflow"), 1);
  EXPECT_TRUE(server.wait_until_gone());
  EXPECT_EQ(server.events.log, (order{"open", "close 1006"}));
}

TEST(WebSocket, CutsOffAClientThatPingsAndDoesNotRead) {
  endpoint_options options;
  options.max_buffered = 100'000;
  fixture server(options);
  socket_client client = server.client({}, 4096);
  std::string pings;
  while (pings.size() < 500'000) pings += masked(opcode::ping, std::string(125, 'p'));
  for (int turn = 0; turn < 3000 && server.sockets->size() > 0; ++turn) {
    client.send_some(pings);
    server.loop.poll();
  }
  EXPECT_EQ(server.sockets->size(), 0u);
  EXPECT_EQ(server.count("tcp.output_overflow"), 1);
}

TEST(WebSocket, TellsWhenAllHasLeft) {
  fixture server;
  socket_client client = server.client({}, 4096);
  int drained = 0;
  server.events.at_drained = [&](connection& which) {
    ++drained;
    EXPECT_EQ(which.buffered(), 0u);
  };
  connection* const found = server.sockets->find(server.events.last);
  const std::string large(8'000'000, 'x');
  EXPECT_TRUE(found->send(large, false));
  EXPECT_TRUE(found->send("after", true));
  EXPECT_GT(found->buffered(), 0u);
  EXPECT_EQ(client.next().payload.size(), large.size());
  EXPECT_EQ(client.next(), (frame{opcode::text, "after"}));
  EXPECT_EQ(drained, 1);
}

TEST(WebSocket, SendsAllBeforeItAnswersAClose) {
  fixture server;
  socket_client client = server.client({}, 4096);
  connection* const found = server.sockets->find(server.events.last);
  const std::string large(8'000'000, 'x');
  found->send(large, false);
  client.send(close_frame(1000));
  settle(server.loop);
  EXPECT_EQ(client.next().payload.size(), large.size());
  EXPECT_EQ(client.close_code(), 1000);
  EXPECT_TRUE(client.read_to_end());
}

TEST(WebSocket, StopsReadingWhilePaused) {
  fixture server;
  socket_client client = server.client();
  server.sockets->find(server.events.last)->pause_reading();
  client.send(masked(opcode::text, "x"));
  settle(server.loop);
  EXPECT_EQ(server.events.log, (order{"open"}));
  server.sockets->find(server.events.last)->resume_reading();
  EXPECT_EQ(client.next(), (frame{opcode::text, "x"}));
}

// Programs.

TEST(WebSocket, SurvivesAHandlerThatThrows) {
  fixture server;
  order uncaught;
  server.loop.on_uncaught([&](const error& failure) { uncaught(failure.message()); });
  server.events.at_message = [](connection&, const std::string&) { throw std::runtime_error("oops"); };
  socket_client client = server.client();
  client.send(masked(opcode::text, "x") + masked(opcode::text, "y").substr(0, 3));
  EXPECT_EQ(client.close_code(), 1011);
  EXPECT_EQ(uncaught, (order{"oops"}));
  client.send(masked(opcode::text, "y").substr(3) + close_frame(1011));
  EXPECT_TRUE(client.read_to_end());
}

struct tracked final : attachment {
  explicit tracked(int& alive) : alive_(alive) { ++alive_; }
  ~tracked() override { --alive_; }
  int& alive_;
};

TEST(WebSocket, DestroysAttachmentsWithTheirConnections) {
  int alive = 0;
  fixture server;
  server.events.at_open = [&](connection& opened) {
    opened.attach(std::make_unique<tracked>(alive));
    EXPECT_EQ(&opened.attached<tracked>()->alive_, &alive);
  };
  {
    socket_client one = server.client();
    socket_client two = server.client();
    EXPECT_EQ(alive, 2);
  }
  EXPECT_TRUE(server.wait_until_gone());
  EXPECT_EQ(alive, 0);
}

TEST(WebSocket, MayBeDestroyedWithClientsConnected) {
  int alive = 0;
  fixture server;
  server.events.at_open = [&](connection& opened) { opened.attach(std::make_unique<tracked>(alive)); };
  socket_client staying = server.client();
  socket_client leaving = server.client();
  socket_client closing = server.client();
  server.sockets->find(server.events.last)->close();
  server.loop.set_immediate([&] {
    server.http.drain(0s).detach();
    server.sockets.reset();
  });
  leaving.close();
  settle(server.loop);
  EXPECT_EQ(alive, 0);
  EXPECT_TRUE(staying.read_to_end());
}

TEST(WebSocket, FindsNobodyByAnOldHandle) {
  fixture server;
  socket_client one = server.client();
  const handle old = server.events.last;
  one.close();
  EXPECT_TRUE(server.wait_until_gone());
  socket_client two = server.client();
  EXPECT_EQ(server.events.last.slot, old.slot);
  EXPECT_EQ(server.sockets->find(old), nullptr);
  EXPECT_NE(server.sockets->find(server.events.last), nullptr);
}

}  // namespace
}  // namespace trireme::transport::websocket
