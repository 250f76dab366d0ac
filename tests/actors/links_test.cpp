#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>
#include <utility>

#include "actors/actor_fixture.hpp"

namespace trireme::actors {
namespace {

using testing::order;

struct fail {};
struct finish {};
struct tie {
  tie() = default;
  explicit tie(any_ref given) : other(given) {}
  any_ref other;
};
struct watch {
  watch() = default;
  explicit watch(any_ref given) : other(given) {}
  any_ref other;
};
struct forget {};
struct spawn_one {};
struct spawn_and_watch {};

/// Does not get as far as its first message.
class late_riser : public actor<late_riser> {
public:
  explicit late_riser(bool fails) : fails_(fails) {}
  void on_start() override {
    if (fails_) throw std::runtime_error("overslept");
    stop();
  }
  void on(fail) {}

private:
  bool fails_;
};

class climber : public actor<climber> {
public:
  climber(std::string name, note log) : name_(std::move(name)), log_(std::move(log)) {}
  void on_exit(const exit_reason& why) override { log_(name_ + " ends: " + why.message()); }
  void on_down(actor_monitor which, const exit_reason& why) override {
    log_(name_ + (which == watched_ ? " sees: " : " wonders: ") + why.message());
  }
  void on(fail) { throw std::runtime_error("slipped"); }
  void on(finish) { stop(); }
  void on(tie to) { link(to.other); }
  void on(watch what) { watched_ = monitor(what.other); }
  void on(forget) { demonitor(watched_); }
  void on(any_ref untie) { unlink(untie); }
  void on(spawn_one) { static_cast<void>(spawn_linked<climber>(name_ + "'s child", log_).tell(fail())); }
  void on(bool starts_badly) { spawn_linked<late_riser>(starts_badly); }
  void on(spawn_and_watch) { watched_ = monitor(spawn<late_riser>(true)); }

private:
  std::string name_;
  note log_;
  actor_monitor watched_;
};

/// Takes the end of those it is tied to as news.
class anchor : public actor<anchor> {
public:
  explicit anchor(note log) : log_(std::move(log)) {}
  void on_link_down(const any_ref&, const exit_reason& why) override {
    log_("anchor holds: " + why.message());
  }
  void on(tie to) { link(to.other); }
  void on(fail) { throw std::runtime_error("broke"); }

private:
  note log_;
};

/// Ties itself again, once, to one that has ended.
class stubborn : public actor<stubborn> {
public:
  explicit stubborn(note log) : log_(std::move(log)) {}
  void on_link_down(const any_ref& which, const exit_reason& why) override {
    log_("stubborn hears: " + why.message());
    if (!std::exchange(again_, true)) link(which);
  }
  void on(tie to) { link(to.other); }

private:
  note log_;
  bool again_ = false;
};

class Links : public ActorSystem {
protected:
  void SetUp() override {
    system.on_failure([&](const any_ref&, const exit_reason& why) { log("loop hears: " + why.message()); });
  }
  actor_ref<climber> a_climber(std::string name) { return system.spawn<climber>(std::move(name), notes()); }
  template <class A, class M>
  void tell(const actor_ref<A>& whom, M message) {
    EXPECT_EQ(whom.tell(std::move(message)), posting::posted);
    host.settle(loop);
  }

  actor_system system{loop, with(host)};
  actor_ref<climber> ada{a_climber("Ada")};
  actor_ref<climber> bob{a_climber("Bob")};
};

TEST_F(Links, EndBothWhereOneFails) {
  tell(ada, tie(bob));
  tell(bob, fail());
  EXPECT_EQ(log, (order{"Bob ends: slipped", "Ada ends: slipped", "loop hears: slipped"}));
}

TEST_F(Links, HoldInBothDirections) {
  tell(ada, tie(bob));
  tell(ada, fail());
  EXPECT_EQ(log, (order{"Ada ends: slipped", "Bob ends: slipped", "loop hears: slipped"}));
}

TEST_F(Links, LetGoWhereTheOtherEndsNormally) {
  tell(ada, tie(bob));
  tell(bob, finish());
  EXPECT_EQ(log, (order{"Bob ends: normal"}));
  EXPECT_TRUE(ada.alive());
}

TEST_F(Links, CanBeUntied) {
  tell(ada, tie(bob));
  tell(ada, any_ref(bob));
  tell(bob, fail());
  EXPECT_EQ(log, (order{"Bob ends: slipped", "loop hears: slipped"}));
}

TEST_F(Links, ToOneThatHasGoneAreHeardAtOnce) {
  tell(bob, finish());
  tell(ada, tie(bob));
  EXPECT_EQ(log, (order{"Bob ends: normal", "Ada ends: no such actor"}));
}

TEST_F(Links, AreNewsForThoseWhoHold) {
  const auto holds = system.spawn<anchor>(notes());
  tell(holds, tie(bob));
  tell(bob, fail());
  EXPECT_EQ(log, (order{"Bob ends: slipped", "anchor holds: slipped"}));
}

TEST_F(Links, AreThereFromTheBeginWithSpawnLinked) {
  tell(ada, spawn_one());
  EXPECT_EQ(log, (order{"Ada's child ends: slipped", "Ada ends: slipped", "loop hears: slipped"}));
}

/// The link is known before `on_start` runs.
TEST_F(Links, HearWhyAnActorDidNotStart) {
  tell(ada, true);
  EXPECT_EQ(log, (order{"Ada ends: overslept", "loop hears: overslept"}));
  log.clear();
  tell(bob, false);
  EXPECT_EQ(log, (order{}));
  EXPECT_TRUE(bob.alive());
}

TEST_F(Links, AreOneHoweverOftenTheyAreMade) {
  const auto maker = system.spawn<stubborn>(notes());
  for (int each = 0; each < 3; ++each) tell(maker, tie(bob));
  tell(bob, fail());
  EXPECT_EQ(log, (order{"Bob ends: slipped", "stubborn hears: slipped", "stubborn hears: no such actor"}));
}

TEST_F(Links, AreOneToTheOtherSideToo) {
  const auto other = system.spawn<stubborn>(notes());
  const auto maker = system.spawn<anchor>(notes());
  for (int each = 0; each < 3; ++each) tell(maker, tie(other));
  tell(maker, fail());
  EXPECT_EQ(log, (order{"stubborn hears: broke", "stubborn hears: no such actor"}));
}

TEST_F(Links, CrossWorkers) {
  actor_system elsewhere(loop, with(host));
  const auto far = elsewhere.spawn<climber>(std::string("far"), notes());
  tell(ada, tie(far));
  tell(far, finish());
  tell(ada, tie(far));
  EXPECT_EQ(log, (order{"far ends: normal", "Ada ends: no such actor"}));
}

class Monitors : public Links {};

TEST_F(Monitors, SeeTheEndAndItsReasonAndLiveOn) {
  tell(ada, watch(bob));
  tell(bob, fail());
  EXPECT_EQ(log, (order{"Bob ends: slipped", "Ada sees: slipped"}));
  EXPECT_TRUE(ada.alive());
}

TEST_F(Monitors, SeeNoActorWhereItHasGone) {
  tell(bob, finish());
  tell(ada, watch(bob));
  tell(ada, watch(any_ref()));
  EXPECT_EQ(log, (order{"Bob ends: normal", "Ada sees: no such actor", "Ada sees: no such actor"}));
}

TEST_F(Monitors, SeeWhyAnActorDidNotStart) {
  tell(ada, spawn_and_watch());
  EXPECT_EQ(log, (order{"Ada sees: overslept"}));
}

TEST_F(Monitors, CanBeEnded) {
  tell(ada, watch(bob));
  tell(ada, forget());
  tell(bob, finish());
  EXPECT_EQ(log, (order{"Bob ends: normal"}));
}

/// actor-ts#729: the notice of an end arrives where the mailbox of the watcher is full.
TEST_F(Monitors, SeeTheEndPastAFullMailbox) {
  spawn_options one;
  one.mailbox_limit = 1;
  const auto narrow = system.spawn_with<climber>(one, std::string("narrow"), notes());
  tell(narrow, watch(bob));
  EXPECT_EQ(bob.tell(finish()), posting::posted);
  EXPECT_EQ(narrow.tell(forget()), posting::posted);
  EXPECT_EQ(narrow.tell(forget()), posting::full);
  host.settle(loop);
  EXPECT_EQ(log, (order{"Bob ends: normal", "narrow sees: normal"}));
}

}  // namespace
}  // namespace trireme::actors
