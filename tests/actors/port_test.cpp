#include <trireme/actors/channel.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <trireme/actors/manual_host.hpp>
#include <trireme/actors/worker.hpp>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

namespace trireme::actors {
namespace {

using testing::order;
using testing::test_loop;

using line = port<std::string, std::string>;
/// A worker that is given a port.
using keeper = worker<line, int>;

class Port : public ::testing::Test {
protected:
  worker_options options() {
    worker_options made;
    made.host = &host;
    return made;
  }
  static posting post(line& to, std::string text) { return to.post_message(std::move(text)); }
  void log_messages(line& of) {
    of.on_message([this](std::string text) { log(text); });
  }
  /// Listens to the port it is given and to nothing else, and answers. The port's handler holds the port.
  unique_function<void(keeper::port&)> listening_body() {
    return [this](keeper::port& parent) {
      parent.on_message([this, &parent](line given) {
        const auto held = std::make_shared<line>(std::move(given));
        held->on_message([this, held](std::string text) {
          log("worker " + text);
          if (text == "throw") throw std::runtime_error("thrown by a port's handler");
          static_cast<void>(held->post_message("re: " + text));
        });
        parent.on_message(nullptr);
      });
    };
  }

  order log;
  manual_host host;
  test_loop loop;
};

// E06, A37: in order, each with its own drain.
TEST_F(Port, DeliversEachMessageAsACallbackWithItsOwnTickAndMicrotask) {
  channel<std::string> made;
  for (const char* text : {"msg 1", "msg 2"}) EXPECT_EQ(post(made.first, text), posting::posted);
  made.second.on_message([&](std::string text) {
    log(text);
    loop.queue_microtask([&] { log("microtask"); });
    loop.next_tick([&] { log("tick"); });
  });
  EXPECT_EQ(log, order{}) << "never from within on_message";
  loop.poll();
  EXPECT_EQ(log, (order{"msg 1", "tick", "microtask", "msg 2", "tick", "microtask"}));
}

TEST_F(Port, IsToldOnceOfAnyNumberOfMessages) {
  channel<std::string> made;
  log_messages(made.second);
  loop.poll();
  for (const char* text : {"1", "2", "3"}) static_cast<void>(post(made.first, text));
  EXPECT_EQ(loop.internals().incoming->size(), 1u);
  loop.poll();
  EXPECT_EQ(log, (order{"1", "2", "3"}));
  EXPECT_EQ(loop.internals().incoming->size(), 0u);
}

TEST_F(Port, AnswersInBothDirections) {
  channel<int, std::string> made;
  made.first.on_message([&](std::string text) { log(text); });
  made.second.on_message(
      [&](int number) { static_cast<void>(made.second.post_message(std::to_string(number))); });
  static_cast<void>(made.first.post_message(1));
  static_cast<void>(made.first.post_message(2));
  while (log.events().size() < 2) loop.poll();
  EXPECT_EQ(log, (order{"1", "2"}));
}

TEST_F(Port, LeavesAMessageWithTheCallerWhereTheOtherEndIsFull) {
  channel_options few;
  few.limit = 2;
  channel<std::string> made(few);
  EXPECT_EQ(post(made.first, "1"), posting::posted);
  EXPECT_EQ(post(made.first, "2"), posting::posted);
  std::string third = "3";
  EXPECT_EQ(made.first.post_message(std::move(third)), posting::full);
  EXPECT_EQ(third, "3");
  EXPECT_EQ(loop.counters().get("actors.port.full").value(), 1);
  log_messages(made.second);
  loop.poll();
  EXPECT_EQ(made.first.post_message(std::move(third)), posting::posted);
}

// A37: what is transferred is gone at the sender, and is not copied on its way.
TEST_F(Port, MovesWhatItCarries) {
  channel<std::vector<char>> made;
  std::vector<char> bytes(1 << 20);
  const char* const where = bytes.data();
  const char* seen = nullptr;
  made.second.on_message([&](std::vector<char> given) { seen = given.data(); });
  EXPECT_EQ(made.first.post_message(std::move(bytes)), posting::posted);
  EXPECT_EQ(bytes.size(), 0u);
  loop.poll();
  EXPECT_EQ(seen, where);
}

// E06: queue and all.
TEST_F(Port, TakesAlongWhatWasNotReadWhenItIsPosted) {
  keeper subject(loop, listening_body(), options());
  channel<std::string> made;
  static_cast<void>(post(made.first, "1"));
  made.second.on_message([&](std::string text) {
    log("loop " + text);
    made.second.unbind();
    EXPECT_EQ(subject.post_message(std::move(made.second)), posting::posted);
  });
  static_cast<void>(post(made.first, "2"));
  loop.poll();
  static_cast<void>(post(made.first, "3"));
  log_messages(made.first);
  host.settle(loop);
  EXPECT_EQ(log, (order{"loop 1", "worker 2", "re: 2", "worker 3", "re: 3"}));
}

TEST_F(Port, IsReadByAWorkerAMessageAStep) {
  keeper subject(loop, listening_body(), options());
  channel<std::string> made;
  for (const char* text : {"1", "2"}) static_cast<void>(post(made.first, text));
  EXPECT_EQ(subject.post_message(std::move(made.second)), posting::posted);
  EXPECT_TRUE(host.step());  // the body
  EXPECT_TRUE(host.step());  // the port
  EXPECT_TRUE(host.step());
  EXPECT_EQ(log, (order{"worker 1"}));
  EXPECT_TRUE(host.step());
  EXPECT_EQ(log, (order{"worker 1", "worker 2"}));
  EXPECT_FALSE(host.step());
}

TEST_F(Port, KeepsItsWorkerRunningUntilItCloses) {
  keeper subject(loop, listening_body(), options());
  subject.on_exit([&](int code) { log("exit " + std::to_string(code)); });
  channel<std::string> made;
  EXPECT_EQ(subject.post_message(std::move(made.second)), posting::posted);
  host.settle(loop);
  EXPECT_EQ(log, order{});
  static_cast<void>(post(made.first, "last"));
  made.first.close();
  host.settle(loop);
  EXPECT_EQ(log, (order{"worker last", "exit 0"}));
}

TEST_F(Port, EndsItsWorkerWithAnErrorWhereItsHandlerThrows) {
  keeper subject(loop, listening_body(), options());
  subject.on_error([&](const error& failure) { log(failure.message()); });
  subject.on_exit([&](int code) { log("exit " + std::to_string(code)); });
  channel<std::string> made;
  EXPECT_EQ(subject.post_message(std::move(made.second)), posting::posted);
  made.first.on_close([&] { log("closed"); });
  static_cast<void>(post(made.first, "throw"));
  host.settle(loop);
  EXPECT_EQ(log, (order{"worker throw", "closed", "thrown by a port's handler", "exit 1"}));
}

TEST(PortDeathTest, StopsTheProgramWhereItIsUsedElsewhereThanItListens) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto post_while_bound = [] {
    test_loop loop;
    manual_host host;
    worker_options options;
    options.host = &host;
    keeper subject(
        loop, [](keeper::port& parent) { parent.on_message([](line) {}); }, options);
    channel<std::string> made;
    made.second.on_message([](std::string) {});
    static_cast<void>(subject.post_message(std::move(made.second)));
    host.settle(loop);
  };
  EXPECT_DEATH(post_while_bound(), "is_here");
}

}  // namespace
}  // namespace trireme::actors
