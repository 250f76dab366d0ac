#include <trireme/actors/channel.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

// How a port's handlers live on a loop: beside its other work, and no longer than port and loop.

namespace trireme::actors {
namespace {

using testing::order;
using testing::test_loop;

using line = port<std::string, std::string>;

class PortLife : public ::testing::Test {
protected:
  static posting post(line& to, std::string text) { return to.post_message(std::move(text)); }
  void log_messages(line& of) {
    of.on_message([this](std::string text) { log(text); });
  }

  order log;
  test_loop loop;
};

TEST_F(PortLife, LeavesOtherPhasesTheirTurn) {
  channel<int> made;
  int read = 0;
  made.second.on_message([&](int) { ++read; });
  for (int message = 0; message < 1'000; ++message) static_cast<void>(made.first.post_message(int{message}));
  int when = 0;
  loop.set_immediate([&] { when = read; });
  while (read < 1'000) loop.poll();
  EXPECT_GT(when, 0);
  EXPECT_LT(when, 200);
}

TEST_F(PortLife, ReadsNoMoreOnceTheLoopIsStopped) {
  channel<std::string> made;
  made.second.on_message([&](std::string text) {
    log(text);
    loop.stop();
  });
  for (const char* text : {"1", "2"}) static_cast<void>(post(made.first, text));
  loop.run();
  EXPECT_EQ(log, (order{"1"}));
  loop.run();
  EXPECT_EQ(log, (order{"1", "2"}));
}

TEST_F(PortLife, GoesOnAfterAHandlerThatThrows) {
  loop.on_uncaught([&](const error& failure) { log("uncaught " + failure.message()); });
  channel<std::string> made;
  made.second.on_message([](std::string text) { throw std::runtime_error(text); });
  for (const char* text : {"1", "2"}) static_cast<void>(post(made.first, text));
  loop.poll();
  EXPECT_EQ(log, (order{"uncaught 1", "uncaught 2"}));
}

TEST_F(PortLife, CallsHandlersInTheContextTheyWereSetIn) {
  channel<int> made;
  const context_ptr request = context::make({});
  loop.run_in(request, [&] {
    made.second.on_message([&](int) { log(loop.current() == request ? "same" : "other"); });
    made.second.on_close([&] { log(loop.current() == request ? "same" : "other"); });
  });
  static_cast<void>(made.first.post_message(1));
  made.first.close();
  loop.poll();
  EXPECT_EQ(log, (order{"same", "same"}));
}

TEST_F(PortLife, KeepsTheLoopAliveWhileItListensUnlessUnreferenced) {
  channel<std::string> made;
  made.first.on_close([] {});
  loop.poll();
  EXPECT_FALSE(loop.alive()) << "nobody waits for messages";
  log_messages(made.second);
  loop.poll();
  EXPECT_TRUE(loop.alive());
  made.second.unref();
  EXPECT_FALSE(loop.alive());
  made.second.ref();
  EXPECT_TRUE(loop.alive());
  made.second.on_message(nullptr);
  EXPECT_FALSE(loop.alive());
}

TEST_F(PortLife, LetsVirtualTimePassWhileItListens) {
  channel<std::string> made;
  made.second.on_message([&](std::string) { made.second.close(); });
  loop.set_timeout(std::chrono::hours(1), [&] { static_cast<void>(post(made.first, "late")); });
  loop.run();
  EXPECT_EQ(loop.now().time_since_epoch(), std::chrono::hours(1));
}

TEST_F(PortLife, MayReplaceItsHandlerFromWithin) {
  channel<std::string> made;
  made.second.on_message([&, first = std::make_unique<std::string>("first ")](std::string text) {
    made.second.on_message([&](std::string next) { log("second " + next); });
    log(*first + text);
  });
  for (const char* text : {"1", "2"}) static_cast<void>(post(made.first, text));
  loop.poll();
  EXPECT_EQ(log, (order{"first 1", "second 2"}));
}

// 3.2: a handler with success after its owner died (PurpleI2P/i2pd#2355).
TEST_F(PortLife, CallsNoHandlerOnceDestroyedOrUnbound) {
  auto made = std::make_optional<channel<std::string>>();
  log_messages(made->first);
  log_messages(made->second);
  loop.poll();
  static_cast<void>(post(made->first, "1"));
  static_cast<void>(post(made->second, "2"));
  made->second.unbind();
  EXPECT_FALSE(made->second.bound());
  made->first.on_close([&] { log("closed"); });
  made.reset();
  loop.run();
  EXPECT_EQ(log, order{});
}

TEST_F(PortLife, MayBeDestroyedByItsOwnHandler) {
  auto made = std::make_optional<channel<std::string>>();
  made->second.on_message([&, own = std::string("destroyed, not yet its handler")](std::string) {
    made.reset();
    log(own);
  });
  for (const char* text : {"1", "2"}) static_cast<void>(post(made->first, text));
  loop.run();
  EXPECT_EQ(log, (order{"destroyed, not yet its handler"}));
}

TEST_F(PortLife, MayBeHeldByItsOwnHandlerUntilItCloses) {
  channel<std::string> made;
  const std::weak_ptr<line> seen = [&] {
    const auto own = std::make_shared<line>(std::move(made.second));
    own->on_message([this, own](std::string text) { log(text); });
    return own;
  }();
  static_cast<void>(post(made.first, "1"));
  loop.poll();
  EXPECT_EQ(log, (order{"1"}));
  made.first.close();
  loop.run();
  EXPECT_TRUE(seen.expired());
}

TEST_F(PortLife, DropsItsHandlersWithTheirLoop) {
  channel<std::string> made;
  const auto held = std::make_shared<int>();
  {
    test_loop other;
    made.second.on_message([held](std::string) {});
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(made.second.bound());
  EXPECT_EQ(post(made.first, "waits for another"), posting::posted);
}

TEST_F(PortLife, AnswersClosedOnceItWasMovedFrom) {
  channel<std::string> made;
  const line taken = std::move(made.first);
  EXPECT_EQ(post(made.first, "1"), posting::closed);
  EXPECT_TRUE(made.first.closed());
  EXPECT_FALSE(taken.closed());
}

}  // namespace
}  // namespace trireme::actors
