// What happens to 1 MiB between the bytes of a frame and the bytes of the answer (M8): counts every large
// call of the global operator new, and looks where the bytes are.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <support/counting_new.hpp>
#include <transport/websocket_fixture.hpp>
#include <trireme/actors/pool.hpp>
#include <trireme/proto/codec.hpp>
#include <trireme/proto/sealed.hpp>
#include <trireme/transport/topic.hpp>

#include "echo_service.hpp"

namespace trireme::proto::testing {
namespace {

using trireme::testing::large_allocations;
using trireme::testing::mebibyte;
namespace websocket = transport::websocket;

/// Answers with what the request says, and remembers where.
class copying_worker final : public Echo::worker {
public:
  status SayPool(const Text& in, Text& out, std::stop_token) override {
    if (in.text() == "throw") throw std::runtime_error("a secret");
    if (in.text() == "refuse") return status(code::aborted, "not here");
    EXPECT_NE(in.GetArena(), nullptr);
    EXPECT_EQ(out.GetArena(), in.GetArena());
    out.set_text(in.text());
    at_begin = large_allocations;
    reply = out.text().data();
    return {};
  }
  static inline std::size_t at_begin = 0;
  static inline const char* reply = nullptr;
};

/// The binding's half of one call.
struct recording_channel final : message_channel {
  encoding wire_encoding() const override { return encoding::protobuf; }
  void send(const google::protobuf::Message& message) override {
    reply = static_cast<const Text&>(message).text().data();
    at_send = large_allocations;
    encode(encoding::protobuf, message, body);
  }
  bool ready() const override { return true; }
  bool follow(topic_base&) override { return false; }
  void finish(const status& ended, const metadata&) override { outcome = ended; }
  std::string body;
  const char* reply = nullptr;
  std::size_t at_send = 0;
  std::optional<status> outcome;
};

class PoolCallCopies : public ::testing::Test {
protected:
  PoolCallCopies() : pool(owner, one()), server(owner, pool) { server.add_worker<copying_worker>(); }
  static actors::pool_options one() {
    actors::pool_options options;
    options.workers = 1;
    return options;
  }
  status say(std::string_view bytes) {
    call = server.open(channel, call_open("/trireme.test.v1.Echo/SayPool"));
    call->message(bytes);
    after_parsing = large_allocations;
    call->half_close();
    EXPECT_EQ(owner.run(), 0);
    return std::move(*channel.outcome);
  }
  loop owner;
  actors::pool pool;
  dispatcher server;
  recording_channel channel;
  call_ptr call;
  std::size_t after_parsing = 0;
};

TEST_F(PoolCallCopies, AreThoseOfParsingAndSerialisingAlone) {
  const std::string bytes = text(std::string(mebibyte, 'x')).SerializeAsString();
  const std::size_t before = large_allocations;
  ASSERT_TRUE(say(bytes));
  EXPECT_EQ(after_parsing - before, 1u) << "out of the frame, into the field";
  EXPECT_EQ(copying_worker::at_begin - after_parsing, 1u) << "the method's own";
  EXPECT_EQ(channel.at_send - copying_worker::at_begin, 0u);
  EXPECT_EQ(channel.reply, copying_worker::reply);
  EXPECT_EQ(large_allocations - channel.at_send, 1u) << "out of the field, into the answer";
  EXPECT_EQ(channel.body, bytes);
}

TEST_F(PoolCallCopies, TakeNoArenaAwayHoweverTheCallEnds) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(say(text("fine").SerializeAsString()));
    EXPECT_EQ(say(text("throw").SerializeAsString()).code(), code::unknown);
    EXPECT_EQ(say(text("refuse").SerializeAsString()).code(), code::aborted);
  }
  call = server.open(channel, call_open("/trireme.test.v1.Echo/SayPool"));
  call->message(text("never started").SerializeAsString());
  call.reset();
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(owner.counters().get("proto.arena_shelf.full").value(), 0);
}

// [relay] The example of proto/README.md, as it stands there. Change both together.
shared_bytes without_header(shared_bytes frame) { return frame.slice(frame.view().find(':') + 1); }

/// Hands each message to a worker as it came, and publishes what comes back.
struct relay final : websocket::handler {
  void on_message(websocket::connection& from, std::span<char> message, bool text) override {
    workers.run(without_header, from.keep(message))
        .then([this, text](shared_bytes body) { everybody.publish(body, text); })
        .detach();
  }
  // [/relay]
  relay(loop& owner, actors::pool& given_workers)
      : workers(given_workers), sockets(owner, *this, options()) {}
  static websocket::endpoint_options options() {
    websocket::endpoint_options made;
    made.max_message = 2 * mebibyte;
    return made;
  }
  void on_open(websocket::connection& opened) override {
    last = opened.id();
    everybody.subscribe(last);
  }
  actors::pool& workers;
  websocket::endpoint sockets;
  transport::topic everybody{sockets};
  transport::handle last;
};

TEST(FrameCopies, NoneFromTheSocketToAWorkerAndBackToEverybody) {
  trireme::testing::test_loop owner;
  actors::pool_options one;
  one.workers = 1;
  actors::pool workers(owner, one);
  relay events(owner, workers);
  transport::http1::server http(owner);
  http.upgrade("/ws", events.sockets);
  http.listen("127.0.0.1", 0);

  std::vector<websocket::socket_client> members;
  for (int each = 0; each < 3; ++each) {
    members.emplace_back(owner, http.port(), std::string_view(), 4096);
  }
  const std::string payload(mebibyte, 'x');
  const std::string bytes = websocket::masked(websocket::opcode::text, "to everybody:" + payload);
  const std::size_t before = large_allocations;
  ASSERT_TRUE(members[0].send(bytes));
  char first;
  const auto published = [&] { return ::recv(members[2].fd(), &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1; };
  ASSERT_TRUE(trireme::testing::pump(owner, published));
  EXPECT_EQ(large_allocations - before, 1u) << "the memory that the message was received in";
  for (websocket::socket_client& each : members)
    EXPECT_EQ(each.next(), (websocket::frame{websocket::opcode::text, payload}));
}

}  // namespace
}  // namespace trireme::proto::testing
