#include <trireme/actors/channel.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <trireme/actors/manual_host.hpp>
#include <trireme/actors/worker.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace trireme::actors {
namespace {

using testing::order;
using testing::test_loop;

class PortClose : public ::testing::Test {
protected:
  static posting post(port<std::string, std::string>& to, std::string text) {
    return to.post_message(std::move(text));
  }
  void log_all(port<std::string, std::string>& of, const std::string& name) {
    of.on_message([this, name](std::string text) { log(name + " " + text); });
    of.on_close([this, name] { log(name + " closed"); });
  }

  test_loop loop;
  order log;
  channel<std::string> made;
};

TEST_F(PortClose, TellsBothEndsOnceAllThatWasPostedIsRead) {
  log_all(made.first, "first");
  log_all(made.second, "second");
  static_cast<void>(post(made.first, "1"));
  static_cast<void>(post(made.first, "2"));
  made.first.close();
  EXPECT_EQ(log, order{}) << "never from within close";
  loop.run();
  EXPECT_EQ(log, (order{"first closed", "second 1", "second 2", "second closed"}));
}

TEST_F(PortClose, IsACallbackOfItsOwn) {
  made.second.on_message([&](std::string text) {
    log(text);
    loop.next_tick([&] { log("tick"); });
  });
  made.second.on_close([&] { log("closed"); });
  static_cast<void>(post(made.first, "1"));
  made.first.close();
  loop.run();
  EXPECT_EQ(log, (order{"1", "tick", "closed"}));
}

TEST_F(PortClose, EndsWhatTheClosedEndHears) {
  log_all(made.first, "first");
  static_cast<void>(post(made.second, "too late"));
  made.first.close();
  loop.run();
  EXPECT_EQ(log, (order{"first closed"}));
}

TEST_F(PortClose, DestroysAtOnceWhatTheClosedEndHasNotRead) {
  channel<std::shared_ptr<const int>> other;
  auto held = std::make_shared<const int>(1);
  const std::weak_ptr<const int> seen = held;
  static_cast<void>(other.first.post_message(std::move(held)));
  other.second.close();
  EXPECT_TRUE(seen.expired());
}

TEST_F(PortClose, LeavesEveryLaterMessageWithTheCaller) {
  made.second.close();
  std::string text = "1";
  EXPECT_EQ(made.first.post_message(std::move(text)), posting::closed);
  EXPECT_EQ(made.second.post_message(std::move(text)), posting::closed);
  EXPECT_EQ(made.first.sender().post_message(std::move(text)), posting::closed);
  EXPECT_EQ(text, "1");
  EXPECT_TRUE(made.first.closed());
}

TEST_F(PortClose, ComesWithTheDestructionOfEitherEnd) {
  log_all(made.second, "second");
  { const auto gone = std::move(made.first); }
  loop.run();
  EXPECT_EQ(log, (order{"second closed"}));
}

TEST_F(PortClose, TellsWhoListensLater) {
  static_cast<void>(post(made.first, "1"));
  made.first.close();
  log_all(made.second, "second");
  loop.run();
  EXPECT_EQ(log, (order{"second 1", "second closed"}));
}

TEST_F(PortClose, WaitsForWhatNobodyReadsYet) {
  static_cast<void>(post(made.first, "1"));
  made.second.on_close([&] { log("closed"); });
  made.first.close();
  loop.run();
  EXPECT_EQ(log, order{});
  made.second.on_message([&](std::string text) { log(text); });
  loop.run();
  EXPECT_EQ(log, (order{"1", "closed"}));
}

TEST_F(PortClose, MayBeAskedForByAHandlerOfEither) {
  made.first.on_close([&] { log("first closed"); });
  made.second.on_close([&] { log("second closed"); });
  made.second.on_message([&](std::string text) {
    log(text);
    made.second.close();
    made.second.close();
  });
  for (const char* text : {"1", "2"}) static_cast<void>(post(made.first, text));
  loop.run();
  EXPECT_EQ(log, (order{"1", "second closed", "first closed"}));
}

// 3.2: a worker that ends leaves nobody waiting.
TEST_F(PortClose, ComesWithTheEndOfTheWorkerThatHoldsIt) {
  using held = port<std::string, std::string>;
  manual_host host;
  worker_options options;
  options.host = &host;
  worker<held, int> subject(
      loop,
      [](worker<held, int>::port& parent) {
        parent.on_message([mine = std::optional<held>()](held given) mutable {
          mine.emplace(std::move(given));
          mine->on_message([](std::string) {});
        });
      },
      options);
  static_cast<void>(subject.post_message(std::move(made.second)));
  log_all(made.first, "first");
  host.settle(loop);
  EXPECT_EQ(log, order{});
  subject.terminate([&](const error&, int code) { log("exit " + std::to_string(code)); });
  host.settle(loop);
  EXPECT_EQ(log, (order{"first closed", "exit 1"}));
}

TEST_F(PortClose, ComesWithTheMessageThatCarriesAPortAndIsNeverRead) {
  channel<port<std::string, std::string>> carrier;
  log_all(made.first, "first");
  static_cast<void>(carrier.first.post_message(std::move(made.second)));
  carrier.second.close();
  loop.run();
  EXPECT_EQ(log, (order{"first closed"}));
}

TEST(Sender, PostsAsItsPortDoesWhereverThatIs) {
  test_loop loop;
  order log;
  channel<std::string> made;
  const sender<std::string> any = made.first.sender();
  auto moved = std::make_optional(std::move(made.first));
  made.second.on_message([&](std::string text) { log(text); });
  EXPECT_EQ(any.post_message("1"), posting::posted);
  EXPECT_EQ(sender<std::string>(any).post_message("2"), posting::posted);
  loop.poll();
  EXPECT_EQ(log, (order{"1", "2"}));
  moved.reset();
  EXPECT_EQ(any.post_message("3"), posting::closed);
}

}  // namespace
}  // namespace trireme::actors
