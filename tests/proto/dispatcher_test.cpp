#include <trireme/proto/dispatcher.hpp>

#include <trireme/core/log.hpp>

#include "echo_service.hpp"

namespace trireme::proto::testing {
namespace {

using trireme::testing::order;

/// A binding that writes down what it is told, with as much credit as the test gives.
struct recording_channel final : message_channel {
  encoding wire_encoding() const override { return encoding::json; }
  bool ready() const override { return credit > 0; }
  bool follow(topic_base& topic) override {
    if (binds_topics) log("follow " + std::to_string(topic.id()));
    return binds_topics;
  }
  void send(const google::protobuf::Message& message) override {
    --credit;
    log("send " + static_cast<const Text&>(message).text());
  }
  void consumed() override { log("consumed"); }
  void finish(const status& outcome, const metadata& trailers) override {
    log(std::string(name_of(outcome.code())) + (outcome.message().empty() ? "" : ": " + outcome.message()));
    for (const auto& entry : trailers) log(entry.name + "=" + entry.value);
    if (at_finish) at_finish();
  }
  order log;
  int credit = 100;
  bool binds_topics = false;
  std::function<void()> at_finish;
};

class DispatcherTest : public echo_fixture {
protected:
  using echo_fixture::echo_fixture;
  call_ptr open(recording_channel& into, std::string_view method,
                std::optional<duration> timeout = std::nullopt) {
    return server.open(into,
                       call_open("/trireme.test.v1.Echo/" + std::string(method), {{"note", "n"}}, timeout));
  }
  call_ptr complete(recording_channel& into, std::string_view method, std::string_view request,
                    std::optional<duration> timeout = std::nullopt) {
    call_ptr call = open(into, method, timeout);
    call->message(request);
    call->half_close();
    return call;
  }
  /// All that a call of one request says.
  order whole(std::string_view method, std::string_view request) {
    recording_channel into;
    const call_ptr call = complete(into, method, request);
    settle();
    EXPECT_EQ(server.active(), 0u);
    return into.log;
  }
  recording_channel out;
};

TEST_F(DispatcherTest, AnswersAUnaryCallWithItsReplyThenItsStatusAndTrailers) {
  EXPECT_EQ(whole("Say", R"({"text":"hi"})"), (order{"send hi", "ok", "note=n"}));
}

TEST_F(DispatcherTest, BeginsAUnaryCallOnlyAtTheHalfClose) {
  const call_ptr call = open(out, "Say");
  call->message(R"({"text":"hi"})");
  settle();
  EXPECT_EQ(out.log, order{});
  call->half_close();
  settle();
  EXPECT_EQ(out.log, (order{"send hi", "ok", "note=n"}));
}

TEST_F(DispatcherTest, GivesAStatusInThePlaceOfAReply) {
  EXPECT_EQ(whole("Say", R"({"text":"refuse"})"), (order{"failed_precondition: not now"}));
}

TEST_F(DispatcherTest, TellsTheTextOfOurOwnErrorsAndHidesThatOfForeignExceptions) {
  set_log_sink([](log_level, std::string_view) {});
  EXPECT_EQ(whole("Say", R"({"text":"fail"})"),
            (order{"resource_exhausted: " + error(errc::full).message()}));
  EXPECT_EQ(whole("Say", R"({"text":"throw"})"), (order{"unknown: the service failed"}));
  EXPECT_EQ(whole("SayInline", R"({"text":"throw"})"), (order{"unknown: the service failed"}));
  EXPECT_EQ(whole("SayPool", R"({"text":"throw"})"), (order{"unknown: the service failed"}));
  set_log_sink(nullptr);
}

TEST_F(DispatcherTest, AnswersUnimplementedForWhatNobodyServes) {
  EXPECT_EQ(whole("Nothing", "{}"), (order{"unimplemented: no such method"}));
  EXPECT_EQ(whole("Missing", "{}").events().at(0).rfind("unimplemented: ", 0), 0u);
}

TEST_F(DispatcherTest, RefusesMalformedRequestsByTheirField) {
  recording_channel into;
  const call_ptr call = complete(into, "Say", R"({"inner":{"number":"x"}})");
  settle();
  ASSERT_EQ(into.log.events().size(), 1u);
  EXPECT_EQ(into.log.events()[0].rfind("invalid_argument: inner.number: ", 0), 0u) << into.log;
}

TEST_F(DispatcherTest, WantsExactlyOneRequestWhereTheMethodTakesOne) {
  const call_ptr none = open(out, "Say");
  none->half_close();
  recording_channel other;
  const call_ptr two = open(other, "Say");
  two->message("{}");
  two->message("{}");
  EXPECT_EQ(out.log, (order{"invalid_argument: the method takes one message, and none came"}));
  EXPECT_EQ(other.log, (order{"invalid_argument: the method takes one message"}));
}

TEST_F(DispatcherTest, HoldsAWriterBackUntilTheChannelIsReady) {
  out.credit = 1;
  const call_ptr call = complete(out, "Repeat", R"({"text":"a","count":3})");
  settle();
  EXPECT_EQ(out.log, (order{"send a"}));
  out.credit = 1;
  call->ready();
  settle();
  EXPECT_EQ(out.log, (order{"send a", "send a"}));
  out.credit = 5;
  call->ready();
  settle();
  EXPECT_EQ(out.log, (order{"send a", "send a", "send a", "ok"}));
}

TEST_F(DispatcherTest, SendsWhatWasWrittenBeforeTheStatus) {
  out.credit = 0;
  const call_ptr call = complete(out, "Say", R"({"text":"hi"})");
  settle();
  EXPECT_EQ(out.log, order{});
  out.credit = 1;
  call->ready();
  EXPECT_EQ(out.log, (order{"send hi", "ok", "note=n"}));
}

TEST_F(DispatcherTest, ReadsAStreamOfTheClientAndSaysWhatItHasTaken) {
  const call_ptr call = open(out, "Join");
  call->message(R"({"text":"a"})");
  call->message(R"({"text":"b"})");
  settle();
  call->half_close();
  settle();
  EXPECT_EQ(out.log, (order{"consumed", "consumed", "send ab", "ok"}));
}

TEST_F(DispatcherTest, LetsBothSidesOfACallStream) {
  const call_ptr call = open(out, "Talk");
  call->message(R"({"text":"a"})");
  settle();
  call->message(R"({"text":"b"})");
  call->half_close();
  settle();
  EXPECT_EQ(out.log, (order{"consumed", "send a!", "consumed", "send b!", "ok"}));
}

TEST_F(DispatcherTest, EndsAStreamOnAMalformedMessage) {
  const call_ptr call = open(out, "Talk");
  call->message("{");
  settle();
  ASSERT_EQ(out.log.events().size(), 1u);
  EXPECT_EQ(out.log.events()[0].rfind("invalid_argument: ", 0), 0u);
  EXPECT_EQ(server.active(), 0u);
}

TEST_F(DispatcherTest, CancelsAtOnceAndStopsTheServicesContext) {
  const call_ptr call = complete(out, "Wait", "{}");
  settle();
  call->cancel();
  EXPECT_EQ(out.log, (order{"canceled: " + error(errc::canceled).message()}));
  settle();
  EXPECT_EQ(service->log, (order{"waits for 5000 ms", "wait ended: " + error(errc::canceled).message()}));
  EXPECT_EQ(server.active(), 0u);
}

TEST_F(DispatcherTest, TakesADroppedHandleForACancelAndSaysNoMore) {
  complete(out, "Wait", "{}").reset();
  settle();
  EXPECT_EQ(out.log, order{});
  EXPECT_EQ(server.active(), 0u);
}

TEST_F(DispatcherTest, MayBeDroppedWithinItsFinish) {
  call_ptr call = complete(out, "Say", R"({"text":"hi"})");
  out.at_finish = [&] { call.reset(); };
  settle();
  EXPECT_EQ(out.log, (order{"send hi", "ok", "note=n"}));
}

TEST_F(DispatcherTest, EndsACallAtTheMethodsTimeout) {
  const call_ptr call = complete(out, "Wait", "{}");
  owner.run();
  EXPECT_EQ(out.log, (order{"deadline_exceeded: the deadline has passed"}));
  EXPECT_EQ(owner.time().now().time_since_epoch(), 5s);
  EXPECT_EQ(service->log, (order{"waits for 5000 ms", "wait ended: " + error(errc::timed_out).message()}));
}

TEST_F(DispatcherTest, TakesTheSoonerOfTheCallersDeadlineAndTheMethods) {
  const call_ptr sooner = complete(out, "Wait", "{}", 20ms);
  recording_channel other;
  const call_ptr later = complete(other, "Wait", "{}", 1h);
  owner.run();
  EXPECT_EQ(service->log.events().at(0), "waits for 20 ms");
  EXPECT_EQ(service->log.events().at(1), "waits for 5000 ms");
}

TEST_F(DispatcherTest, DoesNotBeginWhatHasNoTimeLeft) {
  const call_ptr call = complete(out, "Say", "{}", 0ms);
  settle();
  EXPECT_EQ(out.log, (order{"deadline_exceeded: the deadline has passed"}));
}

TEST_F(DispatcherTest, RefusesACallBeyondTheMethodsQueueLimit) {
  recording_channel more;
  const call_ptr first = complete(out, "Wait", "{}");
  call_ptr second = complete(out, "Wait", "{}");
  EXPECT_EQ(open(more, "Wait")->finished(), true);
  EXPECT_EQ(more.log, (order{"resource_exhausted: too many calls of this method"}));
  EXPECT_EQ(owner.counters().get("proto.queue_limit").value(), 1);
  second->cancel();
  settle();
  EXPECT_EQ(open(more, "Wait")->finished(), false);
}

TEST_F(DispatcherTest, FollowsATopicByTheBindingWhereItCan) {
  out.binds_topics = true;
  const call_ptr call = complete(out, "Listen", "{}");
  settle();
  EXPECT_EQ(out.log, (order{"follow " + std::to_string(service->events.id())}));
  EXPECT_EQ(service->events.size(), 0u);
}

TEST_F(DispatcherTest, SendsATopicsMessagesByItselfWhereTheBindingCannot) {
  const call_ptr call = complete(out, "Listen", "{}");
  settle();
  service->events.publish(text("a"));
  service->events.publish(text("b"));
  call->cancel();
  settle();
  service->events.publish(text("c"));
  EXPECT_EQ(out.log, (order{"send a", "send b", "canceled: " + error(errc::canceled).message()}));
  EXPECT_EQ(service->log, (order{"listened"}));
  EXPECT_EQ(service->events.size(), 0u);
}

class SmallDispatcherTest : public DispatcherTest {
protected:
  SmallDispatcherTest() : DispatcherTest(small()) {}
  static dispatcher_options small() {
    dispatcher_options options;
    options.max_calls = 2;
    options.max_unread = 2;
    options.max_unsent = 2;
    return options;
  }
};

TEST_F(SmallDispatcherTest, EndsAFollowerThatTakesNothingAndKeepsTheOthers) {
  out.credit = 0;
  const call_ptr slow = complete(out, "Listen", "{}");
  recording_channel other;
  const call_ptr quick = complete(other, "Listen", "{}");
  settle();
  for (const auto* each : {"a", "b", "c"}) service->events.publish(text(each));
  EXPECT_EQ(out.log, (order{"resource_exhausted: the client does not take what it asked for"}));
  EXPECT_EQ(other.log, (order{"send a", "send b", "send c"}));
  EXPECT_EQ(owner.counters().get("proto.max_unsent").value(), 1);
  quick->cancel();
  settle();
}

TEST_F(SmallDispatcherTest, StopsACallerWhoIgnoresItsCredit) {
  const call_ptr call = open(out, "Talk");
  for (int count = 0; count < 4; ++count) call->message(R"({"text":"a"})");
  EXPECT_EQ(out.log.events().back(), "resource_exhausted: more messages than were granted");
  settle();
  EXPECT_EQ(server.active(), 0u);
}

TEST_F(SmallDispatcherTest, RefusesACallBeyondItsOwnLimit) {
  recording_channel more;
  const call_ptr first = open(out, "Talk");
  const call_ptr second = open(out, "Talk");
  const call_ptr third = open(more, "Say");
  EXPECT_EQ(more.log, (order{"resource_exhausted: too many calls"}));
  first->cancel();
  second->cancel();
  settle();
}

TEST_F(SmallDispatcherTest, EndsAnInlineStreamThatNobodyTakes) {
  out.credit = 0;
  const call_ptr call = complete(out, "RepeatInline", R"({"text":"a","count":9})");
  EXPECT_EQ(out.log, (order{"resource_exhausted: the client does not take what it asked for"}));
}

TEST_F(DispatcherTest, RefusesCallsOnceClosedAndSaysWhenItIsDrained) {
  const call_ptr call = complete(out, "Wait", "{}");
  server.close();
  recording_channel late;
  EXPECT_TRUE(open(late, "Say")->finished());
  EXPECT_EQ(late.log, (order{"unavailable: the server is closing"}));
  bool drained = false;
  server.drained().then([&] { drained = true; }).detach();
  settle();
  EXPECT_FALSE(drained);
  server.stop_all();
  settle();
  EXPECT_TRUE(drained);
  EXPECT_EQ(out.log.events().at(0).rfind("unavailable", 0), 0u);
}

TEST_F(DispatcherTest, RefusesTwoServicesForOneMethod) {
  EXPECT_THROW(server.add(service), error);
  EXPECT_THROW(server.add_worker<echo_worker>(), error);
}

TEST_F(DispatcherTest, KnowsItsMethods) {
  ASSERT_NE(server.find("/trireme.test.v1.Echo/SayPool"), nullptr);
  EXPECT_EQ(server.find("/trireme.test.v1.Echo/SayPool")->where, placement::pool);
  EXPECT_EQ(server.find("/trireme.test.v1.Echo/saypool"), nullptr);
  ASSERT_EQ(server.services().size(), 1u);
  EXPECT_EQ(server.services()[0]->full_name, "trireme.test.v1.Echo");
}

TEST(Dispatcher, EndsItsCallsAndTheirTasksWhenItIsDestroyed) {
  trireme::testing::test_loop owner;
  actors::manual_host host;
  actors::pool_options by_hand;
  by_hand.host = &host;
  actors::pool pool(owner, by_hand);
  auto service = std::make_shared<echo_service>(owner);
  recording_channel waits;
  recording_channel pooled;
  std::vector<call_ptr> calls;
  {
    dispatcher server(owner, pool);
    server.add(service);
    server.add_worker<echo_worker>();
    for (auto& [into, method] :
         {std::pair<recording_channel&, const char*>(waits, "/trireme.test.v1.Echo/Wait"),
          std::pair<recording_channel&, const char*>(pooled, "/trireme.test.v1.Echo/SayPool")}) {
      calls.push_back(server.open(into, call_open(method)));
      calls.back()->message("{}");
      calls.back()->half_close();
    }
    host.step(0);
  }
  EXPECT_EQ(waits.log, (order{"unavailable: the server has closed"}));
  EXPECT_EQ(pooled.log, (order{"unavailable: the server has closed"}));
  host.settle(owner);
}

}  // namespace
}  // namespace trireme::proto::testing
