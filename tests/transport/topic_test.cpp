#include <trireme/transport/topic.hpp>

#include <gtest/gtest.h>

#include "websocket_fixture.hpp"

namespace trireme::transport {
namespace {

using namespace std::chrono_literals;
using testing::settle;
using websocket::endpoint_options;
using websocket::fixture;
using websocket::frame;
using websocket::opcode;
using websocket::socket_client;

struct member {
  socket_client client;
  handle id;
};

member join(fixture& server, int receive_buffer = 0) {
  member made{server.client({}, receive_buffer), {}};
  made.id = server.events.last;
  return made;
}

TEST(Topic, SendsToEverySubscriberInOrder) {
  fixture server;
  topic news(*server.sockets);
  std::vector<member> members;
  for (int each = 0; each < 4; ++each) members.push_back(join(server));
  for (const member& each : members) news.subscribe(each.id);
  news.subscribe(members[0].id);  // twice is once
  EXPECT_EQ(news.size(), 4u);
  EXPECT_EQ(news.publish("one", true), 4u);
  EXPECT_EQ(news.publish("two", false), 4u);
  news.unsubscribe(members[1].id);
  news.unsubscribe(members[1].id);
  EXPECT_EQ(news.publish("three", true), 3u);
  settle(server.loop);
  for (std::size_t each = 0; each < members.size(); ++each) {
    EXPECT_EQ(members[each].client.next(), (frame{opcode::text, "one"}));
    EXPECT_EQ(members[each].client.next(), (frame{opcode::binary, "two"}));
    if (each != 1) {
      EXPECT_EQ(members[each].client.next(), (frame{opcode::text, "three"}));
    }
    members[each].client.read();
    EXPECT_EQ(members[each].client.received, "");
  }
}

TEST(Topic, StartsWithTheMessageAfterTheSubscription) {
  fixture server;
  topic news(*server.sockets);
  EXPECT_EQ(news.publish("nobody", true), 0u);
  member late = join(server);
  news.subscribe(late.id);
  news.publish("first", true);
  EXPECT_EQ(late.client.next(), (frame{opcode::text, "first"}));
}

TEST(Topic, DropsThoseThatHaveGone) {
  fixture server;
  topic news(*server.sockets);
  member stays = join(server);
  member closes = join(server);
  member goes = join(server);
  for (const member* each : {&goes, &closes, &stays}) news.subscribe(each->id);
  server.sockets->find(closes.id)->close();
  goes.client.close();
  settle(server.loop);
  EXPECT_EQ(news.publish("x", true), 1u);
  EXPECT_EQ(news.size(), 1u);
  EXPECT_EQ(stays.client.next(), (frame{opcode::text, "x"}));
  EXPECT_EQ(closes.client.next().kind, opcode::close);
}

TEST(Topic, DropsTheOneThatIsCutOffInMidPublish) {
  endpoint_options options;
  options.max_buffered = 100'000;
  fixture server(options);
  topic news(*server.sockets);
  member slow = join(server, 4096);
  std::vector<member> members;
  news.subscribe(slow.id);
  for (int each = 0; each < 3; ++each) members.push_back(join(server));
  for (const member& each : members) news.subscribe(each.id);
  const std::string piece(30'000, 'x');
  std::size_t reached = 4;
  for (int published = 0; published < 1000 && reached == 4; ++published) {
    reached = news.publish(piece, false);
    for (member& each : members) ASSERT_EQ(each.client.next().payload.size(), piece.size());
  }
  EXPECT_EQ(reached, 3u) << "the one that was cut off is not counted";
  EXPECT_EQ(news.publish("after", true), 3u);
  for (member& each : members) EXPECT_EQ(each.client.next(), (frame{opcode::text, "after"}));
}

TEST(Topic, GivesAHandleOnlyToItsOwner) {
  fixture server;
  topic news(*server.sockets);
  member first = join(server);
  news.subscribe(first.id);
  first.client.close();
  EXPECT_TRUE(server.wait_until_gone());
  member second = join(server);
  ASSERT_EQ(second.id.slot, first.id.slot);
  EXPECT_EQ(news.publish("not for the new tenant", true), 0u);
  news.subscribe(second.id);
  news.unsubscribe(first.id);
  EXPECT_EQ(news.publish("x", true), 1u);
  EXPECT_EQ(second.client.next(), (frame{opcode::text, "x"}));
}

TEST(Topic, TakesTheSlotsNextTenantBesideAStaleOne) {
  fixture server;
  topic news(*server.sockets);
  member first = join(server);
  member other = join(server);
  news.subscribe(first.id);
  news.subscribe(other.id);
  first.client.close();
  EXPECT_TRUE(testing::pump(server.loop, [&] { return server.sockets->size() == 1; }));
  member second = join(server);
  ASSERT_EQ(second.id.slot, first.id.slot);
  news.subscribe(second.id);
  EXPECT_EQ(news.size(), 2u);
  EXPECT_EQ(news.publish("x", true), 2u);
}

TEST(Topic, MayBeLeftAndPublishedToFromWithinAMessage) {
  fixture server;
  topic news(*server.sockets);
  server.events.at_message = [&](websocket::connection& from, const std::string& bytes) {
    news.publish(bytes, true);
    news.unsubscribe(from.id());
    from.close();
    news.publish("left", true);
  };
  member one = join(server);
  member two = join(server);
  news.subscribe(one.id);
  news.subscribe(two.id);
  one.client.send(websocket::masked(opcode::text, "hello"));
  EXPECT_EQ(one.client.next(), (frame{opcode::text, "hello"}));
  EXPECT_EQ(one.client.close_code(), 1000);
  EXPECT_EQ(two.client.next(), (frame{opcode::text, "hello"}));
  EXPECT_EQ(two.client.next(), (frame{opcode::text, "left"}));
}

}  // namespace
}  // namespace trireme::transport
