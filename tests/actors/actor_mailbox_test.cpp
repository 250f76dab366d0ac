#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <string>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>
#include <utility>

#include "actors/actor_fixture.hpp"

// A mailbox is bounded for what users say, and nothing of what they say stands before control: fact 7
// and 3.5. actor-ts#310 and #1148 are the story of a system in which both shared one queue.

namespace trireme::actors {
namespace {

using testing::order;

struct work {
  std::size_t number = 0;
};

class busy : public actor<busy> {
public:
  explicit busy(note log) : log_(std::move(log)) {}
  void on_exit(const exit_reason& why) override { log_(why.message() + " after " + std::to_string(done_)); }
  std::size_t on(work) { return ++done_; }

private:
  note log_;
  std::size_t done_ = 0;
};

class Mailbox : public ActorSystem {
protected:
  static spawn_options limit(std::size_t messages) {
    spawn_options made;
    made.mailbox_limit = messages;
    return made;
  }
  static std::size_t fill(const actor_ref<busy>& whom) {
    std::size_t posted = 0;
    while (whom.tell(work{posted}) == posting::posted) ++posted;
    return posted;
  }
  actor_system system{loop, with(host)};
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t million = 50'000;
#else
constexpr std::size_t million = 1'000'000;
#endif

/// CAF#1351, #529, #1350, ractor#84, celluloid#146: mailboxes without a bound end in no memory.
TEST_F(Mailbox, IsBoundedAndSaysFullToTheSender) {
  const auto subject = system.spawn_with<busy>(limit(3), notes());
  work kept{7};
  EXPECT_EQ(fill(subject), 3u);
  EXPECT_EQ(subject.tell(std::move(kept)), posting::full);
  EXPECT_EQ(kept.number, 7u);
  EXPECT_EQ(system.dead_letters().full, 2u);
  host.settle(loop);
  EXPECT_EQ(fill(subject), 3u);  // what was read has left its place
}

/// actor-ts#310: a stop behind a million user messages arrives within one turn.
TEST_F(Mailbox, LetsAStopPassAMillionMessagesWithinOneTurn) {
  const auto subject = system.spawn_with<busy>(limit(million), notes());
  EXPECT_EQ(fill(subject), million);
  host.step();  // the worker begins
  host.step();  // one turn
  EXPECT_EQ(log, (order{}));
  subject.stop();
  host.step();
  EXPECT_EQ(log, (order{"stopped after 64"}));
  host.settle(loop);
  EXPECT_EQ(system.dead_letters().stopped + system.dead_letters().closed, million - 64);
}

struct ask_away {};
struct fill_up {};

/// Asks another actor, and has its own mailbox full meanwhile.
class curious : public actor<curious> {
public:
  curious(actor_ref<busy> other, note log) : other_(other), log_(std::move(log)) {}
  void on(ask_away) {
    ask(other_, work{}, 1s, [this](result<std::size_t> answer) {
      log_(answer ? "answer, past " + std::to_string(waiting_) : answer.error().message());
    });
    while (self().tell(fill_up()) == posting::posted) ++waiting_;
  }
  void on(fill_up) { --waiting_; }

private:
  actor_ref<busy> other_;
  note log_;
  std::size_t waiting_ = 0;
};

/// actor-ts#732: a reply does not wait behind the mailbox that is full, nor is it dropped.
TEST_F(Mailbox, LetsAnAnswerPassAFullOne) {
  const auto other = system.spawn<busy>(notes());
  const auto subject = system.spawn_with<curious>(limit(million), other, notes());
  static_cast<void>(subject.tell(ask_away()));
  for (int turn = 0; turn < 5; ++turn) host.step();
  EXPECT_EQ(log, (order{"answer, past " + std::to_string(million - 63)}));
}

/// actor-ts#1078: a question to a mailbox that is full settles, at once.
TEST_F(Mailbox, AnswersAQuestionThatHasNoPlace) {
  const auto other = system.spawn_with<busy>(limit(1), notes());
  const auto subject = system.spawn<curious>(other, notes());
  fill(other);
  EXPECT_EQ(subject.tell(ask_away()), posting::posted);
  system.ask(other, work{}, 1s,
             [&](const error& failure, std::size_t) { log("loop: " + failure.message()); });
  loop.poll();
  EXPECT_EQ(log, (order{"loop: actor: limit reached"}));
}

/// actor-ts#717, #985, #986: closing is heard where every mailbox is full.
TEST_F(Mailbox, HearsOfTheSystemsEndWhereEveryOneIsFull) {
  {
    actor_system brief(loop, with(host));
    for (int each = 0; each < 3; ++each) fill(brief.spawn_with<busy>(limit(10), notes()));
    for (int turn = 0; turn < 3; ++turn) host.step();
  }
  EXPECT_EQ(log, (order{"stopped after 0", "stopped after 10", "stopped after 10"}));
}

class clock_watcher : public actor<clock_watcher> {
public:
  explicit clock_watcher(note log) : log_(std::move(log)) {}
  void on(work what) {
    after(1ms, std::string("alarm"));
    for (; what.number > 0; --what.number) static_cast<void>(self().tell(1));
  }
  void on(int) {}
  void on(std::string text) { log_(text); }

private:
  note log_;
};

/// Timers are the actor's own: no sender can fill their place.
TEST_F(Mailbox, TakesTimersPastItsLimit) {
  const auto subject = system.spawn_with<clock_watcher>(limit(2), notes());
  static_cast<void>(subject.tell(work{5}));
  host.run(loop);
  EXPECT_EQ(log, (order{"alarm"}));
}

/// actor-ts#915: an actor that stops with a mailbox full of work burns no time on it.
TEST_F(Mailbox, IsDroppedWholeByAnActorThatStops) {
  const auto subject = system.spawn_with<busy>(limit(1'000), notes());
  host.settle(loop);
  fill(subject);
  subject.stop();
  host.settle(loop);
  EXPECT_EQ(log, (order{"stopped after 0"}));
  EXPECT_EQ(system.alive(), 0u);
}

TEST_F(Mailbox, MayHaveNoLimit) {
  const auto subject = system.spawn_with<busy>(limit(std::numeric_limits<std::size_t>::max()), notes());
  for (int each = 0; each < 3; ++each) EXPECT_EQ(subject.tell(work()), posting::posted);
}

}  // namespace
}  // namespace trireme::actors
