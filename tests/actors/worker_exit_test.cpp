#include <trireme/actors/worker.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <trireme/actors/manual_host.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

#include "fragile.hpp"

// How a worker is given its data, and how its end is heard of.

namespace trireme::actors {
namespace {

using testing::fragile;
using trireme::testing::order;
using trireme::testing::test_loop;
using namespace std::chrono_literals;
using silent = worker<int, int>;

void listen_for_ever(silent::port& parent) {
  parent.on_message([](int) {});
}

class WorkerExit : public ::testing::Test {
protected:
  worker_options options() {
    worker_options made;
    made.host = &host;
    return made;
  }
  void log_code(int code) { log("exit " + std::to_string(code)); }
  callback_of<int> logged() {
    return [this](const error& failure, int code) {
      EXPECT_FALSE(failure);
      log_code(code);
    };
  }

  order log;
  manual_host host;
  test_loop loop;
};

// 2.2, A37: worker data.
TEST_F(WorkerExit, MovesTheWorkersDataToItsBody) {
  auto data = std::make_unique<std::string>("data");
  const std::string* const where = data.get();
  silent subject(
      loop,
      [&](silent::port&, std::unique_ptr<std::string> given) {
        EXPECT_EQ(given.get(), where);
        log(*given);
      },
      std::move(data), options());
  EXPECT_FALSE(data);
  EXPECT_EQ(log, order{});
  host.settle(loop);
  EXPECT_EQ(log, (order{"data"}));
}

TEST_F(WorkerExit, DestroysDataThatNoBodyWasGiven) {
  const auto data = std::make_shared<const int>(1);
  silent subject(
      loop, [](silent::port&, std::shared_ptr<const int>) {}, std::shared_ptr<const int>(data), options());
  subject.terminate().detach();
  host.settle(loop);
  EXPECT_EQ(data.use_count(), 1);
}

TEST_F(WorkerExit, IsBroughtByTerminateToACallback) {
  silent subject(loop, listen_for_ever, options());
  subject.terminate(logged());
  EXPECT_EQ(log, order{});
  host.settle(loop);
  EXPECT_EQ(log, (order{"exit 1"}));
}

TEST_F(WorkerExit, IsBroughtByTerminateAsAPromise) {
  silent subject(loop, listen_for_ever, options());
  subject.terminate().then([&](int code) { log_code(code); }).detach();
  host.settle(loop);
  EXPECT_EQ(log, (order{"exit 1"}));
}

task<int> end_it(silent& subject) {
  const int code = co_await subject.terminate();
  co_return code;
}

TEST_F(WorkerExit, IsBroughtByTerminateToACoroutine) {
  silent subject(loop, listen_for_ever, options());
  end_it(subject).as_promise().then([&](int code) { log_code(code); }).detach();
  host.settle(loop);
  EXPECT_EQ(log, (order{"exit 1"}));
}

TEST_F(WorkerExit, IsWaitedForInAllStylesToo) {
  silent subject(
      loop, [](silent::port& parent) { parent.close(7); }, options());
  subject.exited(logged());
  subject.exited().then([&](int code) { log_code(code); }).detach();
  subject.on_exit([&](int code) { log("handler " + std::to_string(code)); });
  host.settle(loop);
  EXPECT_EQ(log, (order{"exit 7", "handler 7", "exit 7"}));
}

TEST_F(WorkerExit, IsStillToldOnceItIsOver) {
  silent subject(
      loop, [](silent::port& parent) { parent.close(7); }, options());
  host.settle(loop);
  subject.exited(logged());
  subject.terminate().then([&](int code) { log_code(code); }).detach();
  EXPECT_EQ(log, order{}) << "never from within the call";
  loop.poll();
  EXPECT_EQ(log, (order{"exit 7", "exit 7"}));
}

TEST_F(WorkerExit, IsToldAlthoughTheWorkersHandleIsGone) {
  {
    silent subject(loop, listen_for_ever, options());
    host.settle(loop);
    subject.exited(logged());
  }
  EXPECT_EQ(log, order{});
  loop.run();
  EXPECT_EQ(log, (order{"exit 1"}));
}

TEST(WorkerExitWithoutItsLoop, IsForgotten) {
  bool called = false;
  {
    test_loop loop;
    manual_host host;
    worker_options options;
    options.host = &host;
    silent subject(loop, listen_for_ever, options);
    subject.exited([&](const error&, int) { called = true; });
    subject.terminate().then([&](int) { called = true; }).detach();
  }
  EXPECT_FALSE(called);
}

// A37: whatever the worker says after it was told to stop.
TEST_F(WorkerExit, IsOneWhereTheStopCameFirst) {
  silent* whose = nullptr;
  silent subject(
      loop,
      [&](silent::port& parent) {
        parent.on_message([&](int code) {
          whose->terminate().detach();
          parent.close(code);
        });
      },
      options());
  whose = &subject;
  static_cast<void>(subject.post_message(7));
  subject.on_exit([&](int code) { log_code(code); });
  host.settle(loop);
  EXPECT_EQ(log, (order{"exit 1"}));
}

TEST_F(WorkerExit, IsTheWorkersOwnWhereTheStopCameLater) {
  silent subject(
      loop, [](silent::port& parent) { parent.close(7); }, options());
  host.step();
  subject.terminate(logged());
  host.settle(loop);
  EXPECT_EQ(log, (order{"exit 7"}));
}

TEST_F(WorkerExit, IsZeroWhereTheBodyReturnsAndNobodyAskedForIt) {
  silent subject(
      loop, [](silent::port&) {}, options());
  subject.exited(logged());
  host.settle(loop);
  EXPECT_EQ(log, (order{"exit 0"}));
}

TEST_F(WorkerExit, IsNotWaitedForByVirtualTime) {
  silent subject(loop, listen_for_ever, options());
  loop.set_timeout(10ms, [&] { subject.terminate().detach(); });
  subject.exited(logged());
  host.run(loop);
  EXPECT_EQ(log, (order{"exit 1"}));
  EXPECT_EQ(loop.now().time_since_epoch(), 10ms);
}

/// Says 1, 2, 3 while nobody listens, and ends at the next message.
void speak_and_leave(silent::port& parent) {
  for (int each = 1; each <= 3; ++each) static_cast<void>(parent.post_message(int(each)));
  parent.on_message([&parent](int code) {
    if (code > 0) throw std::runtime_error("left in anger");
    parent.close();
  });
}

TEST_F(WorkerExit, ComesAfterMessagesThatWaitedForAHandler) {
  silent subject(loop, speak_and_leave, options());
  host.settle(loop);
  subject.on_message([&](int number) { log(std::to_string(number)); });
  subject.on_exit([&](int code) { log_code(code); });
  subject.exited(logged());
  static_cast<void>(subject.post_message(0));
  while (host.step()) {
  }
  host.run(loop);
  EXPECT_EQ(log, (order{"1", "2", "3", "exit 0", "exit 0"}));
}

TEST_F(WorkerExit, ComesAfterTheErrorAndThatAfterMessagesThatWaitedForAHandler) {
  silent subject(loop, speak_and_leave, options());
  host.settle(loop);
  subject.on_message([&](int number) {
    log(std::to_string(number));
    if (number == 2) subject.on_message(nullptr);  // the rest is for another one
  });
  subject.on_error([&](const error& failure) { log(failure.message()); });
  subject.on_exit([&](int code) { log_code(code); });
  static_cast<void>(subject.post_message(1));
  while (host.step()) {
  }
  host.run(loop);
  EXPECT_EQ(log, (order{"1", "2", "left in anger", "exit 1"}));
  subject.on_message([&](int number) { log(std::to_string(number)); });
  host.run(loop);
  EXPECT_EQ(log, (order{"1", "2", "left in anger", "exit 1", "3"}));
}

TEST_F(WorkerExit, IsToldAlthoughTheHandleGoesWhileMessagesAreRead) {
  {
    silent subject(loop, speak_and_leave, options());
    host.settle(loop);
    subject.on_message([&](int number) { log(std::to_string(number)); });
    subject.exited(logged());
    static_cast<void>(subject.post_message(0));
    while (host.step()) {
    }
    loop.poll();
  }
  loop.run();
  EXPECT_EQ(log, (order{"1", "exit 0"}));
}

class WorkerExitAfterMessagesThatBreak : public WorkerExit {
protected:
  using speaker = worker<int, fragile>;
  static void speak(speaker::port& parent) {
    for (int each = 1; each <= 3; ++each) static_cast<void>(parent.post_message(fragile(each)));
    parent.on_message([&parent](int) { parent.close(); });
  }
  void listen() {
    subject.on_message([this](fragile message) { log(std::to_string(message.number)); });
  }
  void leave() {
    static_cast<void>(subject.post_message(0));
    while (host.step()) {
    }
  }
  WorkerExitAfterMessagesThatBreak() {
    subject.on_exit([this](int code) { log_code(code); });
    loop.on_uncaught([this](const error& failure) { log(failure.message()); });
  }
  ~WorkerExitAfterMessagesThatBreak() override { fragile::breaks = 0; }
  speaker subject{loop, speak, options()};
};

TEST_F(WorkerExitAfterMessagesThatBreak, IsToldWhereTheyDoSoOnTheirWayToTheHandler) {
  listen();
  leave();
  fragile::breaks = 2;
  loop.run();
  EXPECT_EQ(log, (order{"1", "broken", "3", "exit 0"}));
}

TEST_F(WorkerExitAfterMessagesThatBreak, IsToldWhereTheyDoSoAsTheyAreHeld) {
  leave();
  fragile::breaks = 2;
  loop.run();
  EXPECT_EQ(log, (order{"broken", "exit 0"}));
  listen();
  loop.run();
  EXPECT_EQ(log, (order{"broken", "exit 0", "1", "3"}));
}

TEST_F(WorkerExitAfterMessagesThatBreak, IsToldWhereTheyDoSoOnceTheyWereHeld) {
  host.settle(loop);
  listen();
  leave();
  fragile::breaks = 2;
  loop.run();
  EXPECT_EQ(log, (order{"1", "broken", "3", "exit 0"}));
}

}  // namespace
}  // namespace trireme::actors
