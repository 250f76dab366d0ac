#include "services/chat_fixture.hpp"

namespace trireme::testing {
namespace {

/// A binding with fan-out of its own, as that of the WebSocket session, whose client takes nothing for a
/// while.
class slow_binding final : public proto::message_channel, public proto::topic_follower {
public:
  proto::encoding wire_encoding() const override { return proto::encoding::protobuf; }
  bool ready() const override { return takes; }
  void send(const google::protobuf::Message& message) override {
    heard(words(static_cast<const v1::Event&>(message)));
  }
  bool follow(proto::topic_base& topic) override {
    topic.follow(*this);
    return true;
  }
  void on_publish(proto::publication& published) override { send(published.message()); }
  void finish(const proto::status& outcome, const proto::metadata&) override {
    heard(std::string(proto::name_of(outcome.code())));
  }

  bool takes = false;
  order heard;
};

class WaitingChatTest : public chat_fixture {
protected:
  WaitingChatTest() : ann(enter("den", "ann")), call(server.open(bob, proto::call_open(join_path))) {
    call->message(join_request("den", "bob").SerializeAsString());
    call->half_close();
    settle();
  }
  void let_it_take() {
    bob.takes = true;
    call->ready();
    settle();
  }

  static constexpr std::string_view join_path = "/trireme.chat.v1.Chat/Join";
  slow_binding bob;
  std::unique_ptr<guest> ann;
  proto::call_ptr call;
};

TEST_F(WaitingChatTest, WelcomesFirstEvenWhereTheWelcomeHasToWait) {
  say("den", ann->id(), "a");
  const auto cid = enter("den", "cid");
  say("den", cid->id(), "b");
  EXPECT_EQ(bob.heard, order{});
  let_it_take();
  EXPECT_EQ(bob.heard, (order{"welcome bob, here ann bob, said []", "1 ann: a", "cid came", "2 cid: b"}));
  say("den", ann->id(), "c");
  EXPECT_EQ(bob.heard.events().back(), "3 ann: c");
  EXPECT_EQ(bob.heard.events().size(), 5u);
}

TEST_F(WaitingChatTest, EndsTheStayWhereTooMuchWouldHaveToWait) {
  for (int count = 0; count < 100; ++count) say("den", ann->id(), "a");
  EXPECT_EQ(bob.heard, (order{"resource_exhausted"}));
  EXPECT_EQ(who("den"), "ann");
  EXPECT_EQ(ann->events().size(), 103u);
}

}  // namespace
}  // namespace trireme::testing
