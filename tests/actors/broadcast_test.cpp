#include <trireme/actors/broadcast_channel.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <trireme/actors/manual_host.hpp>
#include <trireme/actors/worker.hpp>
#include <trireme/core/shared_bytes.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

namespace trireme::actors {
namespace {

using testing::order;
using testing::test_loop;

class Broadcast : public ::testing::Test {
protected:
  void log_all(broadcast_member<std::string>& of, const std::string& name) {
    of.on_message([this, name](std::string text) { log(name + " " + text); });
    of.on_close([this, name] { log(name + " closed"); });
  }
  static posting post(broadcast_member<std::string>& by, std::string text) {
    return by.post_message(std::move(text));
  }
  void settle() {
    for (int turn = 0; turn < 4; ++turn) loop.poll();
  }

  order log;
  test_loop loop;
};

// 2.2, broadcast channel.
TEST_F(Broadcast, ReachesEveryMemberInTheOrderTheyJoined) {
  broadcast_channel<std::string> subject(loop);
  auto first = subject.join();
  auto second = subject.join();
  log_all(first, "first");
  log_all(second, "second");
  EXPECT_EQ(subject.post_message("1"), posting::posted);
  settle();
  EXPECT_EQ(log, (order{"first 1", "second 1"}));
}

TEST_F(Broadcast, OfAMemberReachesAllButItself) {
  broadcast_channel<std::string> subject(loop);
  subject.on_message([&](std::string text) { log("loop " + text); });
  auto first = subject.join();
  auto second = subject.join();
  log_all(first, "first");
  log_all(second, "second");
  EXPECT_EQ(post(second, "1"), posting::posted);
  settle();
  EXPECT_EQ(log, (order{"loop 1", "first 1"}));
}

TEST_F(Broadcast, IsHeardByAllInOneOrder) {
  broadcast_channel<std::string> subject(loop);
  auto first = subject.join();
  auto second = subject.join();
  std::vector<std::vector<std::string>> heard(2);
  auto hearer = subject.join();
  auto other = subject.join();
  hearer.on_message([&](std::string text) { heard[0].push_back(text); });
  other.on_message([&](std::string text) { heard[1].push_back(text); });
  for (const char* text : {"1", "2", "3"}) {
    static_cast<void>(post(first, "first " + std::string(text)));
    static_cast<void>(subject.post_message("loop " + std::string(text)));
    static_cast<void>(post(second, "second " + std::string(text)));
    loop.poll();
  }
  settle();
  EXPECT_EQ(heard[0].size(), 9u);
  EXPECT_EQ(heard[0], heard[1]);
}

TEST_F(Broadcast, IsMissedByAMemberThatIsTooFarBehindAndCounted) {
  broadcast_options few;
  few.limit = 2;
  broadcast_channel<std::string> subject(loop, few);
  auto slow = subject.join();
  auto quick = subject.join();
  log_all(quick, "quick");
  for (const char* text : {"1", "2", "3"}) {
    EXPECT_EQ(subject.post_message(text), posting::posted);
    settle();
  }
  log_all(slow, "slow");
  settle();
  EXPECT_EQ(log, (order{"quick 1", "quick 2", "quick 3", "slow 1", "slow 2"}));
  EXPECT_EQ(loop.counters().get("actors.broadcast.missed").value(), 1);
}

TEST_F(Broadcast, KeepsWhatAMemberPostedBeforeItLeft) {
  broadcast_channel<std::string> subject(loop);
  auto first = subject.join();
  auto second = subject.join();
  log_all(second, "second");
  static_cast<void>(post(first, "bye"));
  first.leave();
  EXPECT_EQ(post(first, "more"), posting::closed);
  settle();
  EXPECT_EQ(log, (order{"second bye"}));
  EXPECT_EQ(subject.members(), 1u);
}

TEST_F(Broadcast, TellsItsMembersThatItClosed) {
  auto subject = std::make_optional<broadcast_channel<std::string>>(loop);
  auto member = subject->join();
  log_all(member, "member");
  static_cast<void>(subject->post_message("last"));
  subject->close();
  EXPECT_EQ(subject->post_message("more"), posting::closed);
  EXPECT_TRUE(subject->join().closed());
  subject.reset();
  loop.run();
  EXPECT_EQ(log, (order{"member last", "member closed"}));
}

TEST_F(Broadcast, MayBeDestroyedByItsOwnHandler) {
  auto subject = std::make_optional<broadcast_channel<std::string>>(loop);
  auto member = subject->join();
  subject->on_message([&, own = std::string("destroyed, not yet its handler")](std::string) {
    subject.reset();
    log(own);
  });
  static_cast<void>(post(member, "1"));
  static_cast<void>(post(member, "2"));
  loop.run();
  EXPECT_EQ(log, (order{"destroyed, not yet its handler"}));
}

TEST_F(Broadcast, KeepsTheLoopAliveWhileItHasMembers) {
  broadcast_channel<std::string> subject(loop);
  EXPECT_FALSE(loop.alive());
  auto member = subject.join();
  settle();
  EXPECT_TRUE(loop.alive());
  subject.unref();
  EXPECT_FALSE(loop.alive());
  auto later = subject.join();
  settle();
  EXPECT_FALSE(loop.alive());
  subject.ref();
  EXPECT_TRUE(loop.alive());
  member.leave();
  later.leave();
  settle();
  EXPECT_FALSE(loop.alive());
}

TEST_F(Broadcast, SharesLargeBytes) {
  broadcast_channel<shared_bytes> subject(loop);
  auto member = subject.join();
  const shared_bytes bytes(std::string(1 << 20, 'x'));
  const char* seen = nullptr;
  member.on_message([&](shared_bytes given) { seen = given.data(); });
  static_cast<void>(subject.post_message(bytes));
  settle();
  EXPECT_EQ(seen, bytes.data());
}

TEST_F(Broadcast, ReachesWorkers) {
  using member = broadcast_member<std::string>;
  using listener = worker<int, int>;
  manual_host host;
  worker_options options;
  options.host = &host;
  broadcast_channel<std::string> subject(loop);
  const auto body = [this](listener::port&, member given) {
    auto mine = std::make_shared<member>(std::move(given));
    mine->on_message([this, mine](std::string text) {
      log("worker " + text);
      if (text == "hello") static_cast<void>(mine->post_message("hello yourself"));
    });
  };
  listener first(loop, body, subject.join(), options);
  listener second(loop, body, subject.join(), options);
  host.settle(loop);
  static_cast<void>(subject.post_message("hello"));
  host.settle(loop);
  EXPECT_EQ(log, (order{"worker hello", "worker hello", "worker hello yourself", "worker hello yourself"}));
  subject.close();
  host.settle(loop);
  EXPECT_FALSE(first.running());
  EXPECT_FALSE(second.running());
}

}  // namespace
}  // namespace trireme::actors
