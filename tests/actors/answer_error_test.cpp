#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <trireme/actors/actor_system.hpp>
#include <utility>

#include "actors/actor_fixture.hpp"

// An actor may answer with an error and live on: 3.16, "let it crash" is for bugs, not for answers.

namespace trireme::actors {
namespace {

using testing::order;

struct take {
  int amount = 0;
};
struct close_account {};
struct open_safe {
  bool right_key = false;
};
struct slam {};

class bank : public actor<bank> {
public:
  result<int> on(take what) {
    if (what.amount > money_) return error::with_text(make_error_code(errc::failed), "no money");
    return money_ -= what.amount;
  }
  result<void> on(close_account) {
    if (money_ > 0) return error(errc::full);
    return {};
  }
  result<std::unique_ptr<std::string>> on(open_safe how) {
    if (!how.right_key) return error(errc::closed);
    return std::make_unique<std::string>("gold");
  }
  result<int> on(slam) { throw std::runtime_error("door broken"); }

private:
  int money_ = 10;
};

class AnswerError : public ActorSystem {
protected:
  auto noted(std::string name) {
    return [this, name = std::move(name)](const error& failure, int value) {
      log(name + ": " + (failure ? failure.message() : std::to_string(value)));
    };
  }

  actor_system system{loop, with(host)};
  actor_ref<bank> savings{system.spawn<bank>()};
};

TEST_F(AnswerError, RejectsTheAskAndTheActorLivesOn) {
  system.ask(savings, take{4}, 1s).then([&](int left) { log(std::to_string(left)); }).detach();
  system.ask(savings, take{7}, 1s)
      .then([](int) {}, [&](const error& failure) { log(failure.message()); })
      .detach();
  system.ask(savings, take{6}, 1s, noted("rest"));
  host.run(loop);
  EXPECT_EQ(log, (order{"6", "no money", "rest: 0"}));
  EXPECT_TRUE(savings.alive());
}

TEST_F(AnswerError, ComesForWhatAnswersNothingAndForWhatOnlyMoves) {
  system.ask(savings, close_account(), 1s, [&](const error& failure) { log(failure.message()); });
  system.ask(savings, take{10}, 1s, noted("all"));
  system.ask(savings, close_account(), 1s, [&](const error& failure) { log(failure ? "open" : "closed"); });
  system.ask(savings, open_safe{false}, 1s,
             [&](const error& failure, std::unique_ptr<std::string>) { log(failure.message()); });
  system.ask(savings, open_safe{true}, 1s)
      .then([&](std::unique_ptr<std::string> what) { log(*what); })
      .detach();
  host.run(loop);
  EXPECT_EQ(log, (order{"limit reached", "all: 0", "closed", "closed", "gold"}));
}

TEST_F(AnswerError, DoesNotCatchWhatIsThrown) {
  system.on_failure([&](const any_ref&, const exit_reason& why) { log("failed: " + why.message()); });
  system.ask(savings, slam(), 1s, noted("slam"));
  host.run(loop);
  EXPECT_EQ(log, (order{"slam: door broken", "failed: door broken"}));
  EXPECT_FALSE(savings.alive());
}

class customer : public actor<customer> {
public:
  customer(actor_ref<bank> whom, note log) : bank_(whom), log_(std::move(log)) {}
  void on(take what) {
    ask(bank_, what, 1s,
        [this](result<int> left) { log_(left ? std::to_string(*left) : left.error().message()); });
  }
  void on(close_account what) {
    ask(bank_, what, 1s, [this](result<void> done) { log_(done ? "closed" : done.error().message()); });
  }

private:
  actor_ref<bank> bank_;
  note log_;
};

TEST_F(AnswerError, BetweenActorsToo) {
  const auto asker = system.spawn<customer>(savings, notes());
  for (const int amount : {11, 4}) static_cast<void>(asker.tell(take{amount}));
  static_cast<void>(asker.tell(close_account()));
  host.run(loop);
  EXPECT_EQ(log, (order{"no money", "6", "limit reached"}));
}

// Nothing is lost silently.
TEST_F(AnswerError, ToWhatWasToldIsADeadLetter) {
  std::string seen;
  system.on_dead_letter([&](const dead_letter& which) {
    seen = which.type();
    EXPECT_EQ(which.why, dead_letter_reason::unheard);
    EXPECT_EQ(which.to, savings.address());
  });
  for (const int amount : {4, 7}) static_cast<void>(savings.tell(take{amount}));
  host.settle(loop);
  EXPECT_TRUE(seen.ends_with("::take")) << seen;
  EXPECT_EQ(system.dead_letters().unheard, 1u);
  EXPECT_EQ(loop.counters().get("actors.dead_letters.unheard").value(), 1);
  EXPECT_TRUE(savings.alive());
}

class AskWithoutALimit : public AnswerError {};

TEST_F(AskWithoutALimit, NeverTimesOut) {
  system.ask(savings, take{1}, duration::max(), noted("late"));
  loop.time().advance(24h * 365);
  loop.poll();
  EXPECT_EQ(log, (order{}));
  host.run(loop);
  EXPECT_EQ(log, (order{"late: 9"}));
}

/// Asks without a limit while a timer of its own, the first of its worker, is armed.
class patient : public actor<patient> {
public:
  patient(actor_ref<bank> whom, note log) : bank_(whom), log_(std::move(log)) {}
  void on_start() override {
    after(1h, close_account());
    cancel(actor_timer());  // names none
    ask(bank_, take{1}, duration::max(), [this](result<int> left) { log_(std::to_string(*left)); });
  }
  void on(close_account) { log_("an hour later"); }

private:
  actor_ref<bank> bank_;
  note log_;
};

TEST_F(AskWithoutALimit, BetweenActorsLeavesOtherTimersAlone) {
  actor_system elsewhere(loop, with(host));
  elsewhere.spawn<patient>(savings, notes());
  host.run(loop);
  EXPECT_EQ(log, (order{"9", "an hour later"}));
  EXPECT_EQ(loop.now().time_since_epoch(), 1h);
}

}  // namespace
}  // namespace trireme::actors
