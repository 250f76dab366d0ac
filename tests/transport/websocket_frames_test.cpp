// Messages that are kept, and payloads that many clients are sent: what is copied, and what is not (M8). A
// copy of a large payload needs memory of its size, and that is counted.
#include <trireme/transport/topic.hpp>
#include <trireme/transport/websocket/connection.hpp>

#include <gtest/gtest.h>

#include <support/counting_new.hpp>

#include "websocket_fixture.hpp"

namespace trireme::transport::websocket {
namespace {

using testing::large_allocations;
using testing::mebibyte;

std::string pattern(std::size_t size) {
  std::string made(size, 'x');
  for (std::size_t at = 0; at < size; ++at) made[at] = static_cast<char>('a' + at % 23);
  return made;
}

/// Keeps what comes.
struct keeper final : handler {
  void on_open(connection& opened) override { last = opened.id(); }
  void on_message(connection& from, std::span<char> message, bool) override {
    kept.push_back(part ? from.keep(message.subspan(1000, 10)) : from.keep(message));
    in_place.push_back(kept.back().data() == message.data());
  }
  void on_close(connection&, std::uint16_t code, std::string_view) override { closed = code; }
  handle last;
  bool part = false;
  std::vector<shared_bytes> kept;
  std::vector<bool> in_place;
  int closed = 0;
};

struct keeping_fixture {
  explicit keeping_fixture(endpoint_options options = {})
      : sockets(std::in_place, loop, events, options), http(loop) {
    http.upgrade("/ws", *sockets);
    http.listen("127.0.0.1", 0);
  }
  socket_client client(int receive_buffer = 0) {
    return socket_client(loop, http.port(), {}, receive_buffer);
  }
  bool wait_for(std::size_t messages) {
    return pump(loop, [&] { return events.kept.size() == messages; });
  }
  connection& last() { return *sockets->find(events.last); }

  test_loop loop;
  keeper events;
  std::optional<endpoint> sockets;
  http1::server http;
};

TEST(WebSocketFrames, KeepALargeMessageWithoutACopy) {
  keeping_fixture server;
  socket_client client = server.client();
  const std::string large = pattern(mebibyte);
  const std::string bytes = masked(opcode::text, large);
  const std::size_t before = large_allocations;
  ASSERT_TRUE(client.send(bytes));
  ASSERT_TRUE(server.wait_for(1));
  EXPECT_EQ(large_allocations - before, 1u) << "its own memory";
  EXPECT_TRUE(server.events.in_place[0]);
  EXPECT_EQ(server.events.kept[0].view(), large);
}

TEST(WebSocketFrames, CopyAMessageThatLiesInTheLoopsBufferOnce) {
  keeping_fixture server;
  socket_client client = server.client();
  const std::string first = pattern(10'000);
  ASSERT_TRUE(client.send(masked(opcode::text, first)));
  ASSERT_TRUE(server.wait_for(1));
  ASSERT_TRUE(client.send(masked(opcode::text, std::string(10'000, 'y'))));
  ASSERT_TRUE(server.wait_for(2));
  EXPECT_FALSE(server.events.in_place[1]);
  EXPECT_EQ(server.events.kept[0].view(), first);
}

TEST(WebSocketFrames, GetNoMemoryForTheirLengthAlone) {
  keeping_fixture server;
  socket_client client = server.client();
  const std::string large = pattern(mebibyte);
  const std::string bytes = masked(opcode::text, large);
  const std::string_view begun = std::string_view(bytes).substr(0, bytes.size() / 10);
  const std::size_t before = large_allocations;
  ASSERT_TRUE(client.send(begun));
  settle(server.loop);
  EXPECT_EQ(large_allocations - before, 0u) << "eight times what has come, at most";
  ASSERT_TRUE(client.send(std::string_view(bytes).substr(begun.size())));
  ASSERT_TRUE(server.wait_for(1));
  EXPECT_EQ(server.events.kept[0].view(), large);
}

TEST(WebSocketFrames, KeepAPartOfAMessage) {
  keeping_fixture server;
  socket_client client = server.client();
  server.events.part = true;
  const std::string large = pattern(mebibyte);
  ASSERT_TRUE(client.send(masked(opcode::text, large) + masked(opcode::text, pattern(2000))));
  ASSERT_TRUE(server.wait_for(2));
  for (const shared_bytes& each : server.events.kept) EXPECT_EQ(each.view(), large.substr(1000, 10));
}

TEST(WebSocketFrames, KeepWhatOutlivesItsConnectionAndServer) {
  shared_bytes kept;
  const std::string large = pattern(700'000);
  {
    keeping_fixture server;
    socket_client client = server.client();
    ASSERT_TRUE(client.send(masked(opcode::binary, large)));
    ASSERT_TRUE(server.wait_for(1));
    kept = server.events.kept[0];
  }
  EXPECT_EQ(kept.view(), large);
}

TEST(WebSocketFrames, JoinLargeFragmentsAndHearPingsBetween) {
  endpoint_options options;
  options.max_message = 4 * mebibyte;
  keeping_fixture server(options);
  socket_client client = server.client();
  const std::string large = pattern(3 * mebibyte);
  const std::string_view view(large);
  std::string bytes = masked(opcode::text, view.substr(0, 1'000'000), false) + masked(opcode::ping, "p");
  bytes += masked(opcode::continuation, view.substr(1'000'000, 1'000'000), false);
  bytes += masked(opcode::continuation, "", false);
  bytes += masked(opcode::continuation, view.substr(2'000'000)) + masked(opcode::text, "next");
  ASSERT_TRUE(client.send(bytes));
  ASSERT_TRUE(server.wait_for(2));
  EXPECT_EQ(client.next(), (frame{opcode::pong, "p"}));
  EXPECT_EQ(server.events.kept[0].view(), large);
  EXPECT_EQ(server.events.kept[1].view(), "next");
}

TEST(WebSocketFrames, ReadFramesWhereverTheyAreCut) {
  keeping_fixture server;
  socket_client client = server.client();
  std::string bytes;
  for (const std::size_t size : {20u, 400u, 1000u, 5'000u, 70'000u, 300'000u, 0u, 1u}) {
    bytes += masked(opcode::text, pattern(size)) + masked(opcode::pong, "heartbeat");
  }
  std::size_t step = 1;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    step = 1 + (at * 7919 + 3) % (at < 10'000 ? 13 : 40'000);
    ASSERT_TRUE(client.send(std::string_view(bytes).substr(at, step)));
    server.loop.poll();
  }
  ASSERT_TRUE(server.wait_for(8));
  EXPECT_EQ(server.events.kept[5].view(), pattern(300'000));
  EXPECT_EQ(server.events.kept[3].view(), pattern(5'000));
  EXPECT_EQ(server.events.kept[7].view(), "a");
}

TEST(WebSocketFrames, RefuseTextThatTurnsBadFarBehindItsBeginning) {
  keeping_fixture server;
  socket_client client = server.client();
  std::string large = pattern(mebibyte);
  large[900'000] = '\xff';
  client.send(masked(opcode::text, large));
  EXPECT_EQ(client.close_code(), 1007);
  EXPECT_TRUE(client.read_to_end());
}

TEST(WebSocketFrames, CloseInTheMiddleOfAMessageThatIsReadInPlace) {
  keeping_fixture server;
  socket_client client = server.client();
  const std::string bytes = masked(opcode::text, pattern(mebibyte));
  ASSERT_TRUE(client.send(std::string_view(bytes).substr(0, 300'000)));
  settle(server.loop);
  server.last().close();
  ASSERT_TRUE(client.send(std::string_view(bytes).substr(300'000)));
  EXPECT_EQ(client.close_code(), 1000);
  client.send(close_frame(1000));
  EXPECT_TRUE(client.read_to_end());
  EXPECT_TRUE(server.events.kept.empty());
}

/// A payload, and who still holds it.
struct held_payload {
  explicit held_payload(std::size_t size) : owner(std::make_shared<const std::string>(pattern(size))) {}
  shared_bytes bytes() const { return shared_bytes(owner, *owner); }
  std::shared_ptr<const std::string> owner;
};

TEST(WebSocketFrames, SendWhatIsSharedWithoutACopyToAClientThatDoesNotRead) {
  keeping_fixture server;
  socket_client client = server.client(4096);
  const held_payload payload(8 * mebibyte);
  const std::size_t before = large_allocations;
  EXPECT_TRUE(server.last().send(payload.bytes(), false));
  settle(server.loop);
  EXPECT_GT(server.last().buffered(), mebibyte);
  EXPECT_EQ(large_allocations - before, 0u);
  EXPECT_EQ(payload.owner.use_count(), 2);
  EXPECT_EQ(client.next(), (frame{opcode::binary, *payload.owner}));
  EXPECT_EQ(server.last().buffered(), 0u);
  EXPECT_EQ(payload.owner.use_count(), 1) << "let go of once it was sent";
}

TEST(WebSocketFrames, LeaveInTheOrderSentWhateverIsCopied) {
  keeping_fixture server;
  socket_client client = server.client();
  const held_payload payload(tcp::stream::shared_from);
  constexpr int rounds = 100;  // more parts than one call takes
  for (int round = 0; round < rounds; ++round) {
    server.last().send(std::to_string(round), true);
    server.last().send(payload.bytes(), false);
    server.last().send(payload.bytes().slice(1), false);  // small enough to be copied
  }
  for (int round = 0; round < rounds; ++round) {
    ASSERT_EQ(client.next(), (frame{opcode::text, std::to_string(round)}));
    ASSERT_EQ(client.next().payload, *payload.owner);
    ASSERT_EQ(client.next().payload, payload.owner->substr(1));
  }
  EXPECT_EQ(payload.owner.use_count(), 1);
}

TEST(WebSocketFrames, CutOffAClientThatDoesNotReadWhatIsShared) {
  endpoint_options options;
  options.max_buffered = 100'000;
  keeping_fixture server(options);
  socket_client client = server.client(4096);
  const held_payload payload(50'000);
  int sent = 0;
  for (; sent < 1000 && server.last().send(payload.bytes(), false); ++sent) server.loop.poll();
  EXPECT_LT(sent, 1000);
  EXPECT_EQ(payload.owner.use_count(), 1);
  EXPECT_TRUE(pump(server.loop, [&] { return server.events.closed == 1006; }));
}

TEST(WebSocketFrames, DoNotCutOffAClientThatReadsForWhatOneTurnSends) {
  endpoint_options options;
  options.max_buffered = 100'000;
  keeping_fixture server(options);
  socket_client client = server.client();
  const held_payload payload(30'000);
  for (int each = 0; each < 5; ++each) EXPECT_TRUE(server.last().send(payload.bytes(), false));
  for (int each = 0; each < 5; ++each) EXPECT_EQ(client.next(), (frame{opcode::binary, *payload.owner}));
  EXPECT_EQ(server.events.closed, 0);
}

TEST(WebSocketFrames, LetGoOfWhatIsSharedWhenTheClientGoes) {
  keeping_fixture server;
  socket_client client = server.client(4096);
  const held_payload payload(8 * mebibyte);
  server.last().send(payload.bytes(), false);
  settle(server.loop);
  EXPECT_EQ(payload.owner.use_count(), 2);
  client.reset();
  EXPECT_TRUE(pump(server.loop, [&] { return server.sockets->size() == 0; }));
  EXPECT_EQ(payload.owner.use_count(), 1);
}

class TopicCopies : public ::testing::Test {
protected:
  TopicCopies() {
    for (int each = 0; each < 4; ++each) {
      members.push_back(server.client(65536));
      news.subscribe(server.events.last);
    }
  }
  /// Whether all members get it; they read only now.
  void expect_everywhere(std::string_view payload) {
    for (socket_client& each : members) EXPECT_EQ(each.next().payload, payload);
  }
  keeping_fixture server;
  topic news{*server.sockets};
  std::vector<socket_client> members;
};

TEST_F(TopicCopies, NoneOfSharedBytesThoughNobodyReads) {
  const held_payload payload(8 * mebibyte);
  const std::size_t before = large_allocations;
  EXPECT_EQ(news.publish(payload.bytes(), true), 4u);
  settle(server.loop);
  EXPECT_EQ(large_allocations - before, 0u);
  expect_everywhere(*payload.owner);
  EXPECT_EQ(payload.owner.use_count(), 1);
}

TEST_F(TopicCopies, OneOfOtherBytesForAllTogether) {
  const std::string payload = pattern(8 * mebibyte);
  const std::size_t before = large_allocations;
  EXPECT_EQ(news.publish(payload, true), 4u);
  settle(server.loop);
  EXPECT_EQ(large_allocations - before, 1u);
  expect_everywhere(payload);
}

TEST_F(TopicCopies, NoneOfALargeMessageThatCameIn) {
  socket_client sender = server.client();
  const std::string payload = pattern(mebibyte);
  const std::string bytes = masked(opcode::text, payload);
  const std::size_t before = large_allocations;
  ASSERT_TRUE(sender.send(bytes));
  ASSERT_TRUE(server.wait_for(1));
  news.publish(server.events.kept[0], true);
  settle(server.loop);
  EXPECT_EQ(large_allocations - before, 1u) << "the message's own memory";
  expect_everywhere(payload);
}

/// The example of transport/README.md, as it stands there. Change both together.
struct newsroom final : handler {
  explicit newsroom(topic& to) : news(to) {}
  // [kept]
  void on_message(websocket::connection& from, std::span<char> message, bool text) override {
    const trireme::shared_bytes kept = from.keep(message);  // or post it to a worker
    news.publish(kept, text);
  }
  // [/kept]
  topic& news;
};

TEST_F(TopicCopies, NoneInTheExampleOfTheReadme) {
  newsroom events(news);
  endpoint publishers(server.loop, events);
  http1::server http(server.loop);
  http.upgrade("/ws", publishers);
  http.listen("127.0.0.1", 0);
  socket_client sender(server.loop, http.port());
  const std::string payload = pattern(mebibyte);
  const std::string bytes = masked(opcode::text, payload);
  const std::size_t before = large_allocations;
  ASSERT_TRUE(sender.send(bytes));
  settle(server.loop);
  EXPECT_EQ(large_allocations - before, 1u) << "the message's own memory";
  expect_everywhere(payload);
}

TEST_F(TopicCopies, SmallSharedBytesGoTheSmallWay) {
  EXPECT_EQ(news.publish(shared_bytes("hello"), true), 4u);
  expect_everywhere("hello");
}

TEST(WebSocketFrames, ReadNothingIntoAMessageThatIsComplete) {
  keeping_fixture server;
  socket_client client = server.client();
  const std::string first = pattern(100'000), second = pattern(70'000);
  const std::string begun = masked(opcode::text, first, false);
  const std::string bytes = begun + masked(opcode::continuation, second);
  ASSERT_TRUE(client.send(std::string_view(bytes).substr(0, begun.size() + 1)));
  settle(server.loop);
  ASSERT_TRUE(client.send(std::string_view(bytes).substr(begun.size() + 1)));
  ASSERT_TRUE(server.wait_for(1));
  ASSERT_TRUE(client.send(masked(opcode::text, std::string(5'000, '!'))));
  ASSERT_TRUE(server.wait_for(2));
  EXPECT_EQ(server.events.kept[0].view(), first + second);
  EXPECT_EQ(server.events.kept[1].view(), std::string(5'000, '!'));
}

TEST(WebSocketFrames, AreHandedToTheKernelBeforeMuchWaits) {
  keeping_fixture server;
  socket_client client = server.client();
  const held_payload payload(600'000);
  ASSERT_TRUE(server.last().send(payload.bytes(), true));
  EXPECT_LT(server.last().buffered(), payload.bytes().size());
}

}  // namespace
}  // namespace trireme::transport::websocket
