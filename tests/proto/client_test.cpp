#include <trireme/proto/client.hpp>

#include "echo_service.hpp"

namespace trireme::proto::testing {
namespace {

using trireme::testing::order;

class ClientTest : public echo_fixture {
protected:
  ClientTest() : echo_fixture({}, two_at_a_time()) {}
  static local_channel_options two_at_a_time() {
    local_channel_options options;
    options.format = encoding::json;
    options.window = 2;
    return options;
  }
};

TEST_F(ClientTest, CallsAUnaryMethod) {
  EXPECT_EQ(reply_of(client.Say(text("hi"))), "hi");
  EXPECT_EQ(reply_of(client.SayInline(text("hi"))), "worker: hi");
  EXPECT_EQ(reply_of(client.SayPool(text("hi"))), "worker: hi");
}

TEST_F(ClientTest, RejectsWithTheStatusInTheError) {
  EXPECT_EQ(reply_of(client.Say(text("refuse"))), "failed_precondition: not now");
  EXPECT_EQ(reply_of(client.SayPool(text("refuse"))), "aborted: not here");
}

TEST_F(ClientTest, ReadsAStreamNoFasterThanItAsks) {
  auto replies = client.Repeat(times("a", 3));
  settle();
  EXPECT_EQ(service->log, order{});
  EXPECT_EQ(next_of(replies.read()), "a");
  EXPECT_EQ(next_of(replies.read()), "a");
  EXPECT_EQ(service->log, (order{"done"}));
  EXPECT_EQ(next_of(replies.read()), "a");
  EXPECT_EQ(next_of(replies.read()), "end");
}

TEST_F(ClientTest, TellsTheWriterThatTheCallWasCancelled) {
  auto replies = client.Repeat(times("a", 9));
  settle();
  replies.cancel();
  EXPECT_EQ(next_of(replies.read()).rfind("canceled", 0), 0u);
  EXPECT_EQ(service->log, (order{"stopped after 2"}));
}

TEST_F(ClientTest, CancelsByGoingAway) {
  {
    const auto replies = client.Repeat(times("a", 9));
    settle();
  }
  settle();
  EXPECT_EQ(service->log, (order{"stopped after 2"}));
  EXPECT_EQ(server.active(), 0u);
}

TEST_F(ClientTest, StreamsToTheServerAndGetsOneReply) {
  auto call = client.Join();
  for (const auto* each : {"a", "b", "c", "d"}) EXPECT_EQ(truth_of(call.write(text(each))), "true");
  EXPECT_EQ(reply_of(call.finish()), "abcd");
}

TEST_F(ClientTest, LearnsThatTheServerWantsNoMore) {
  auto call = client.Join();
  EXPECT_EQ(truth_of(call.write(text("enough"))), "true");
  EXPECT_EQ(truth_of(call.write(text("more"))), "false");
  EXPECT_EQ(reply_of(call.finish()), "out_of_range: enough");
}

TEST_F(ClientTest, CancelsAClientStreamThatIsNeverFinished) {
  { auto call = client.Join(); }
  settle();
  EXPECT_EQ(server.active(), 0u);
}

TEST_F(ClientTest, StreamsBothWays) {
  auto call = client.Talk();
  EXPECT_EQ(truth_of(call.write(text("a"))), "true");
  EXPECT_EQ(next_of(call.read()), "a!");
  EXPECT_EQ(truth_of(call.write(text("b"))), "true");
  call.half_close();
  EXPECT_EQ(next_of(call.read()), "b!");
  EXPECT_EQ(next_of(call.read()), "end");
}

TEST_F(ClientTest, GivesUpAtItsDeadline) {
  call_options options;
  options.timeout = 10ms;
  std::string told;
  client.Wait(text(""), options)
      .then([](const Text&) {}, [&](const error& failure) { told = failure.message(); })
      .detach();
  owner.run();
  EXPECT_EQ(told, "the deadline has passed");
  EXPECT_EQ(owner.time().now().time_since_epoch(), 10ms);
}

TEST_F(ClientTest, StopsItsCallWithTheContextItWasMadeIn) {
  const context_ptr caller = context::make({});
  auto answer = owner.run_in(caller, [&] { return client.Wait(text("")); });
  settle();
  caller->request_stop();
  EXPECT_EQ(reply_of(std::move(answer)).rfind("canceled", 0), 0u);
  EXPECT_EQ(server.active(), 0u);
}

}  // namespace
}  // namespace trireme::proto::testing
