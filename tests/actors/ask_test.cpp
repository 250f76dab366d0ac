#include <trireme/actors/actor_system.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <trireme/core/context.hpp>
#include <trireme/core/task.hpp>

#include "actors/actor_fixture.hpp"

namespace trireme::actors {
namespace {

using testing::order;

struct deposit {
  int amount = 0;
};
struct overdraw {};
struct think {};
struct forget {};

class account : public actor<account> {
public:
  int on(deposit by) { return balance_ += by.amount; }
  int on(overdraw) { throw std::runtime_error("no money"); }
  void on(forget) { balance_ = 0; }

private:
  int balance_ = 0;
};

class Ask : public ActorSystem {
protected:
  auto noted(std::string name) {
    return [this, name = std::move(name)](const error& failure, int value) {
      log(name + ": " + (failure ? failure.message() : std::to_string(value)));
    };
  }
  /// No failures are expected but those that the asker hears of.
  void SetUp() override {
    system.on_failure([](const any_ref&, const exit_reason&) {});
  }

  actor_system system{loop, with(host)};
  actor_ref<account> money{system.spawn<account>()};
};

TEST_F(Ask, AnswersAPromise) {
  system.ask(money, deposit{5}, 1s).then([&](int balance) { log(std::to_string(balance)); }).detach();
  host.run(loop);
  EXPECT_EQ(log, (order{"5"}));
  EXPECT_EQ(loop.now().time_since_epoch(), 0s);
}

TEST_F(Ask, AnswersAnErrorFirstCallback) {
  system.ask(money, deposit{5}, 1s, noted("balance"));
  system.ask(money, forget(), 1s, [&](const error& failure) { log(failure ? "failed" : "forgotten"); });
  system.ask(money, deposit{1}, 1s, noted("balance"));
  host.run(loop);
  EXPECT_EQ(log, (order{"balance: 5", "forgotten", "balance: 1"}));
}

task<int> deposit_twice(actor_system& system, actor_ref<account> money) {
  const deposit ten{10};
  const int first = co_await system.ask(money, ten, 1s);
  const int second = co_await system.ask(money, ten, 1s);
  co_return first + second;
}

TEST_F(Ask, IsAwaited) {
  int sum = 0;
  deposit_twice(system, money).as_promise().then([&](int both) { sum = both; }).detach();
  host.run(loop);
  EXPECT_EQ(sum, 30);
}

TEST_F(Ask, AnswersWhatTheActorThrewAndTheActorFailed) {
  system.ask(money, overdraw(), 1s, noted("overdraw"));
  system.ask(money, deposit{1}, 1s, noted("next"));
  host.run(loop);
  EXPECT_EQ(log, (order{"overdraw: no money", "next: actor: closed"}));
  EXPECT_FALSE(money.alive());
}

TEST_F(Ask, TimesOutAndTheLateAnswerIsADeadLetter) {
  system.ask(money, deposit{1}, 10ms, noted("slow"));
  loop.run();  // the worker does nothing meanwhile
  EXPECT_EQ(log, (order{"slow: timed out"}));
  EXPECT_EQ(loop.now().time_since_epoch(), 10ms);
  host.settle(loop);
  EXPECT_EQ(log, (order{"slow: timed out"}));
  EXPECT_EQ(system.dead_letters().late, 1u);
}

TEST_F(Ask, IsBoundByItsContextsDeadlineAndStop) {
  const context_ptr request = context::make({});
  request->set_deadline(loop.now() + 5ms);
  loop.run_in(request, [&] { system.ask(money, deposit{1}, 1s, noted("deadline")); });
  loop.run();
  EXPECT_EQ(loop.now().time_since_epoch(), 5ms);
  const context_ptr other = context::make({});
  loop.run_in(other, [&] { system.ask(money, deposit{1}, 1s, noted("stopped")); });
  other->request_stop();
  loop.run_in(other, [&] { system.ask(money, deposit{1}, 1s, noted("too late")); });
  loop.poll();
  EXPECT_EQ(log, (order{"deadline: timed out", "stopped: canceled", "too late: canceled"}));
}

TEST_F(Ask, SettlesAtOnceWhereTheMailboxIsFullOrTheActorGone) {
  spawn_options one;
  one.mailbox_limit = 1;
  const auto narrow = system.spawn_with<account>(one);
  system.ask(narrow, deposit{1}, 1s, noted("first"));
  system.ask(narrow, deposit{1}, 1s, noted("second"));
  system.ask(actor_ref<account>(), deposit{1}, 1s, noted("nobody"));
  loop.poll();
  EXPECT_EQ(log, (order{"second: actor: limit reached", "nobody: actor: closed"}));
  host.run(loop);
  EXPECT_EQ(log, (order{"second: actor: limit reached", "nobody: actor: closed", "first: 1"}));
}

TEST_F(Ask, SettlesWhereTheActorEndsFirst) {
  system.ask(money, deposit{1}, 1s, noted("waiting"));
  money.stop();
  host.run(loop);
  EXPECT_EQ(log, (order{"waiting: actor: closed"}));
  EXPECT_EQ(loop.now().time_since_epoch(), 0s);
}

TEST_F(Ask, SettlesWhereTheSystemGoesFirst) {
  {
    actor_system brief(loop, with(host));
    brief.ask(brief.spawn<account>(), deposit{1}, 1s, noted("brief"));
  }
  loop.run();
  EXPECT_EQ(log, (order{"brief: actor: closed"}));
}

/// Asks the account, and notes the answer.
class teller : public actor<teller> {
public:
  teller(actor_ref<account> bank, note log) : bank_(bank), log_(std::move(log)) {}
  void on(deposit what) {
    ask(bank_, what, 10ms, [this](result<int> balance) {
      log_(balance ? "balance " + std::to_string(*balance) : balance.error().message());
    });
  }
  void on(overdraw what) {
    ask(bank_, what, 10ms, [this](result<int> balance) { log_(balance.error().message()); });
  }
  void on(think) {
    ask(bank_, deposit{1}, 10ms, [this](result<int>) { stop(); });
  }
  void on(forget what) {
    ask(bank_, what, 10ms, [this](result<void> done) { log_(done ? "forgotten" : done.error().message()); });
  }

private:
  actor_ref<account> bank_;
  note log_;
};

TEST_F(Ask, BetweenActorsCallsAHandlerOfTheAsker) {
  const auto asker = system.spawn<teller>(money, notes());
  static_cast<void>(asker.tell(deposit{5}));
  static_cast<void>(asker.tell(forget()));
  static_cast<void>(asker.tell(deposit{1}));
  static_cast<void>(asker.tell(overdraw()));
  static_cast<void>(asker.tell(deposit{1}));
  host.run(loop);
  EXPECT_EQ(log, (order{"balance 5", "forgotten", "balance 1", "no money", "actor: closed"}));
  EXPECT_EQ(loop.now().time_since_epoch(), 0s);
  static_cast<void>(asker.tell(think()));
  host.run(loop);
  EXPECT_FALSE(asker.alive());  // a handler is its actor's code
}

TEST_F(Ask, BetweenActorsTimesOut) {
  actor_system elsewhere(loop, with(host));
  const auto slow = elsewhere.spawn<account>();
  const auto asker = system.spawn<teller>(slow, notes());
  static_cast<void>(asker.tell(deposit{5}));
  for (int step = 0; step < 5; ++step) host.step(0);  // only the asker's worker
  loop.run();
  host.step(0);
  EXPECT_EQ(log, (order{"timed out"}));
  host.run(loop);
  EXPECT_EQ(log, (order{"timed out"}));
  EXPECT_EQ(system.dead_letters().late, 1u);
}

/// i2pd#2355: a handler must not run after its owner has gone.
TEST_F(Ask, AnActorThatEndsTakesItsHandlersWithIt) {
  actor_system elsewhere(loop, with(host));
  const auto slow = elsewhere.spawn<account>();
  const auto asker = system.spawn<teller>(slow, notes());
  static_cast<void>(asker.tell(deposit{5}));
  for (int step = 0; step < 5; ++step) host.step(0);
  asker.stop();
  host.run(loop);
  EXPECT_EQ(log, (order{}));
  EXPECT_EQ(loop.now().time_since_epoch(), 0s);
  EXPECT_EQ(system.dead_letters().closed, 1u) << "the answer that came to nobody";
}

}  // namespace
}  // namespace trireme::actors
