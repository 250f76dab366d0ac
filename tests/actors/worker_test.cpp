#include <trireme/actors/worker.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <trireme/actors/manual_host.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace trireme::actors {
namespace {

using testing::order;
using testing::test_loop;

using echo = worker<std::string, std::string>;

void echo_body(echo::port& parent) {
  parent.on_message([&parent](std::string text) {
    if (text == "throw") throw std::runtime_error("thrown by the worker");
    if (text == "close") return parent.close(7);
    static_cast<void>(parent.post_message("echo " + text));
  });
}

/// A worker that does a piece of work when the test says so.
class Worker : public ::testing::Test {
protected:
  worker_options options() {
    worker_options made;
    made.host = &host;
    made.mailbox_limit = 3;
    made.outbox_limit = 3;
    made.name = "echo";
    return made;
  }
  void listen(echo& to) {
    to.on_message([this](std::string text) { log(text); });
    to.on_error([this](const error& failure) { log("error: " + failure.message()); });
    to.on_exit([this](int code) { log("exit " + std::to_string(code)); });
  }
  static posting post(const echo& to, std::string text) { return to.post_message(std::move(text)); }

  test_loop loop;
  order log;
  manual_host host;
};

TEST_F(Worker, AnswersMessagesInTheOrderTheyWerePosted) {
  echo subject(loop, echo_body, options());
  listen(subject);
  EXPECT_EQ(post(subject, "1"), posting::posted);
  EXPECT_EQ(post(subject, "2"), posting::posted);
  EXPECT_EQ(post(subject, "3"), posting::posted);
  host.settle(loop);
  EXPECT_EQ(log, (order{"echo 1", "echo 2", "echo 3"}));
}

TEST_F(Worker, DeliversEachMessageAsACallbackWithItsOwnTickAndMicrotask) {
  echo subject(loop, echo_body, options());
  subject.on_message([&](std::string text) {
    log(text);
    loop.queue_microtask([&] { log("microtask"); });
    loop.next_tick([&] { log("tick"); });
  });
  static_cast<void>(post(subject, "1"));
  static_cast<void>(post(subject, "2"));
  for (int step = 0; step < 3; ++step) host.step();
  loop.poll();
  EXPECT_EQ(log, (order{"echo 1", "tick", "microtask", "echo 2", "tick", "microtask"}));
}

TEST_F(Worker, KeepsStateOfItsOwn) {
  worker<int, int> adder(
      loop,
      [](worker<int, int>::port& parent) {
        parent.on_message([&parent, sum = std::make_unique<int>(0)](int value) {
          *sum += value;
          static_cast<void>(parent.post_message(int{*sum}));
        });
      },
      options());
  adder.on_message([&](int sum) { log(std::to_string(sum)); });
  static_cast<void>(adder.post_message(1));
  static_cast<void>(adder.post_message(10));
  host.settle(loop);
  EXPECT_EQ(log, (order{"1", "11"}));
}

TEST_F(Worker, LeavesAMessageWithTheCallerWhereTheMailboxIsFull) {
  echo subject(loop, echo_body, options());
  for (const char* text : {"1", "2", "3"}) EXPECT_EQ(post(subject, text), posting::posted);
  std::string fourth = "4";
  EXPECT_EQ(subject.post_message(std::move(fourth)), posting::full);
  EXPECT_EQ(fourth, "4");
  EXPECT_EQ(loop.counters().get("actors.worker.full").value(), 1);
}

TEST_F(Worker, LeavesAMessageWithTheWorkerWhereTheLoopDoesNotRead) {
  std::vector<posting> outcomes;
  std::string kept;
  echo subject(
      loop,
      [&](echo::port& parent) {
        for (int count = 0; count < 4; ++count) {
          std::string text = std::to_string(count);
          outcomes.push_back(parent.post_message(std::move(text)));
          kept = text;
        }
      },
      options());
  listen(subject);
  host.step();
  EXPECT_EQ(outcomes, (std::vector{posting::posted, posting::posted, posting::posted, posting::full}));
  EXPECT_EQ(kept, "3");
  host.settle(loop);
  EXPECT_EQ(log, (order{"0", "1", "2", "exit 0"})) << "the exit is never dropped for want of room";
}

TEST_F(Worker, KeepsMessagesForTheFirstHandler) {
  echo subject(loop, echo_body, options());
  for (const char* text : {"1", "2"}) static_cast<void>(post(subject, text));
  host.settle(loop);
  listen(subject);
  static_cast<void>(post(subject, "3"));
  host.settle(loop);
  EXPECT_EQ(log, (order{"echo 1", "echo 2", "echo 3"}));
}

TEST_F(Worker, MayReplaceItsHandlerFromWithin) {
  echo subject(loop, echo_body, options());
  subject.on_message([&, first = std::make_unique<std::string>("first")](std::string text) {
    subject.on_message([&](std::string next) { log("second " + next); });
    log(*first + " " + text);
  });
  static_cast<void>(post(subject, "1"));
  static_cast<void>(post(subject, "2"));
  host.settle(loop);
  EXPECT_EQ(log, (order{"first echo 1", "second echo 2"}));
}

TEST_F(Worker, ReportsAnExceptionOfItsHandlerThenExitsWithCodeOne) {
  echo subject(loop, echo_body, options());
  listen(subject);
  for (const char* text : {"1", "throw", "3"}) static_cast<void>(post(subject, text));
  host.settle(loop);
  EXPECT_EQ(log, (order{"echo 1", "error: thrown by the worker", "exit 1"}));
  EXPECT_EQ(loop.counters().get("actors.worker.dropped").value(), 1);
  std::string late = "late";
  EXPECT_EQ(subject.post_message(std::move(late)), posting::closed);
  EXPECT_EQ(late, "late");
  EXPECT_FALSE(subject.running());
}

TEST_F(Worker, ReportsAnExceptionOfItsBody) {
  echo subject(
      loop, [](echo::port&) { throw std::runtime_error("no state"); }, options());
  listen(subject);
  host.settle(loop);
  EXPECT_EQ(log, (order{"error: no state", "exit 1"}));
}

TEST_F(Worker, HandsAnErrorThatNobodyTakesToTheLoop) {
  loop.on_uncaught([&](const error& failure) { log("uncaught: " + failure.message()); });
  echo subject(loop, echo_body, options());
  static_cast<void>(post(subject, "throw"));
  host.settle(loop);
  EXPECT_EQ(log, (order{"uncaught: thrown by the worker"}));
}

TEST_F(Worker, ExitsWithTheCodeItCloses) {
  echo subject(loop, echo_body, options());
  listen(subject);
  for (const char* text : {"1", "close", "3"}) static_cast<void>(post(subject, text));
  host.settle(loop);
  EXPECT_EQ(log, (order{"echo 1", "exit 7"}));
}

TEST_F(Worker, ExitsWithCodeZeroWhereItsBodyListensToNothing) {
  echo subject(
      loop, [](echo::port& parent) { static_cast<void>(parent.post_message("bye")); }, options());
  listen(subject);
  host.settle(loop);
  EXPECT_EQ(log, (order{"bye", "exit 0"}));
}

TEST_F(Worker, ExitsWithCodeOneWhenTerminated) {
  echo subject(loop, echo_body, options());
  listen(subject);
  static_cast<void>(post(subject, "1"));
  host.step();
  host.step();
  static_cast<void>(post(subject, "2"));
  subject.terminate().detach();
  EXPECT_EQ(post(subject, "3"), posting::closed);
  host.settle(loop);
  EXPECT_EQ(log, (order{"echo 1", "exit 1"}));
}

TEST_F(Worker, NeverStartsWhereItIsTerminatedFirst) {
  echo subject(
      loop, [&](echo::port&) { log("body"); }, options());
  listen(subject);
  subject.terminate().detach();
  host.settle(loop);
  EXPECT_EQ(log, (order{"exit 1"}));
}

TEST_F(Worker, KeepsTheLoopAliveUntilItExits) {
  echo subject(loop, echo_body, options());
  host.settle(loop);
  EXPECT_TRUE(loop.alive());
  static_cast<void>(post(subject, "close"));
  host.settle(loop);
  EXPECT_FALSE(loop.alive());
}

TEST_F(Worker, KeepsNothingAliveOnceUnreferenced) {
  echo subject(loop, echo_body, options());
  subject.unref();
  loop.run();
  EXPECT_FALSE(loop.alive());
  subject.ref();
  EXPECT_TRUE(loop.alive());
}

TEST_F(Worker, CallsNoHandlerOnceDestroyed) {
  {
    echo subject(loop, echo_body, options());
    listen(subject);
    static_cast<void>(post(subject, "1"));
    host.step();
    host.step();
  }
  loop.run();
  EXPECT_EQ(log, order{});
  EXPECT_EQ(host.size(), 0u);
}

TEST_F(Worker, MayBeDestroyedByItsOwnHandler) {
  auto subject = std::make_optional<echo>(loop, echo_body, options());
  subject->on_message([&, text_of_its_own = std::string("destroyed")](std::string) {
    subject.reset();
    log(text_of_its_own);
  });
  static_cast<void>(post(*subject, "1"));
  static_cast<void>(post(*subject, "2"));
  host.settle(loop);
  EXPECT_EQ(log, (order{"destroyed"}));
}

TEST_F(Worker, TellsItsName) {
  std::string seen;
  echo subject(
      loop, [&](echo::port& parent) { seen = parent.name(); }, options());
  host.settle(loop);
  EXPECT_EQ(seen, "echo");
  EXPECT_EQ(subject.name(), "echo");
}

TEST_F(Worker, CallsHandlersInTheContextTheyWereSetIn) {
  echo subject(loop, echo_body, options());
  const context_ptr request = context::make({});
  bool same = false;
  loop.run_in(request, [&] { subject.on_message([&](std::string) { same = loop.current() == request; }); });
  static_cast<void>(post(subject, "1"));
  host.settle(loop);
  EXPECT_TRUE(same);
}

}  // namespace
}  // namespace trireme::actors
