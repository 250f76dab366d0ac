#include <trireme/actors/actor.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "actors/actor_fixture.hpp"

namespace trireme::actors {
namespace {

using testing::order;

struct say {
  std::string text;
};
struct repeat {
  int times = 0;
};
struct fail {};
struct finish {};
struct say_later {
  duration delay{};
  std::string text;
};

/// Notes all that happens to it.
class diary : public actor<diary> {
public:
  diary(std::string name, note log) : name_(std::move(name)), log_(std::move(log)) { log_(name_ + " made"); }
  ~diary() override { log_(name_ + " destroyed"); }
  void on_start() override { log_(name_ + " starts"); }
  void on_exit(const exit_reason& why) override { log_(name_ + " ends: " + why.message()); }

  void on(say what) { log_(name_ + ": " + what.text); }
  void on(repeat what) {
    if (what.times > 0) static_cast<void>(self().tell(repeat{what.times - 1}));
    log_(name_ + " " + std::to_string(what.times));
  }
  void on(fail) { throw std::runtime_error("out of ink"); }
  void on(finish) { stop(); }
  void on(say_later what) { pending_ = after(what.delay, say{what.text}); }
  void on(std::unique_ptr<int> gift) { log_(name_ + " got " + std::to_string(*gift)); }
  void on(int what) {
    cancel(pending_);
    log_(name_ + " cancels " + std::to_string(what));
  }

private:
  std::string name_;
  note log_;
  actor_timer pending_;
};

class Actor : public ActorSystem {
protected:
  actor_ref<diary> a_diary(actor_system& on, std::string name) {
    return on.spawn<diary>(std::move(name), notes());
  }
  actor_system system{loop, with(host)};
};

TEST_F(Actor, LivesFromItsFirstMessageToItsExitOnItsWorker) {
  const auto ada = a_diary(system, "Ada");
  EXPECT_EQ(log, (order{}));
  EXPECT_EQ(system.alive(), 1u);
  EXPECT_EQ(ada.tell(say{"hello"}), posting::posted);
  EXPECT_EQ(ada.tell(finish()), posting::posted);
  host.settle(loop);
  EXPECT_EQ(log, (order{"Ada made", "Ada starts", "Ada: hello", "Ada ends: normal", "Ada destroyed"}));
  EXPECT_FALSE(ada.alive());
  EXPECT_EQ(system.alive(), 0u);
}

TEST_F(Actor, IsToldMovedValues) {
  const auto ada = a_diary(system, "Ada");
  EXPECT_EQ(ada.tell(std::make_unique<int>(7)), posting::posted);
  host.settle(loop);
  EXPECT_EQ(log, (order{"Ada made", "Ada starts", "Ada got 7"}));
}

TEST_F(Actor, GetsItsMessagesInTheOrderOfTheirSender) {
  const auto ada = a_diary(system, "Ada");
  for (const char* each : {"one", "two", "three"}) static_cast<void>(ada.tell(say{each}));
  host.settle(loop);
  EXPECT_EQ(log, (order{"Ada made", "Ada starts", "Ada: one", "Ada: two", "Ada: three"}));
}

TEST_F(Actor, GivesWayToOthersWhenItsTurnIsOver) {
  actor_system_options options = with(host);
  options.turn_budget = 2;
  actor_system fair(loop, options);
  const auto ada = a_diary(fair, "Ada");
  const auto bob = a_diary(fair, "Bob");
  static_cast<void>(ada.tell(repeat{3}));
  static_cast<void>(bob.tell(repeat{1}));
  host.settle(loop);
  EXPECT_EQ(log, (order{"Ada made", "Bob made", "Ada starts", "Ada 3", "Ada 2", "Bob starts", "Bob 1",
                        "Bob 0", "Ada 1", "Ada 0"}));
}

TEST_F(Actor, StopsAheadOfWhatWaitsInItsMailbox) {
  const auto ada = a_diary(system, "Ada");
  host.settle(loop);
  static_cast<void>(ada.tell(say{"never read"}));
  ada.stop();
  host.settle(loop);
  EXPECT_EQ(log, (order{"Ada made", "Ada starts", "Ada ends: stopped", "Ada destroyed"}));
  EXPECT_EQ(ada.tell(say{"hello?"}), posting::closed);
  EXPECT_EQ(system.dead_letters().stopped, 1u);
  EXPECT_EQ(system.dead_letters().closed, 1u);
}

TEST_F(Actor, FailsWithWhatItsHandlerThrowsAndTheLoopHearsOfIt) {
  const auto ada = a_diary(system, "Ada");
  const auto bob = a_diary(system, "Bob");
  system.on_failure([&](const any_ref& which, const exit_reason& why) {
    log((which == any_ref(ada) ? "Ada failed: " : "who? ") + why.message());
  });
  static_cast<void>(ada.tell(fail()));
  static_cast<void>(bob.tell(say{"still here"}));
  host.settle(loop);
  EXPECT_EQ(log, (order{"Ada made", "Bob made", "Ada starts", "Ada ends: out of ink", "Ada destroyed",
                        "Ada failed: out of ink", "Bob starts", "Bob: still here"}));
}

TEST_F(Actor, FailsTheLoopWhereNobodyListens) {
  const auto ada = a_diary(system, "Ada");
  static_cast<void>(ada.tell(fail()));
  EXPECT_THROW(host.settle(loop), std::runtime_error);
}

TEST_F(Actor, TellsItselfLaterUnderTheLoopsVirtualTime) {
  const auto ada = a_diary(system, "Ada");
  static_cast<void>(ada.tell(say_later{20ms, "second"}));
  static_cast<void>(ada.tell(say_later{10ms, "first"}));
  loop.set_timeout(15ms, [&] { log("loop"); });
  host.run(loop);
  EXPECT_EQ(log, (order{"Ada made", "Ada starts", "Ada: first", "loop", "Ada: second"}));
  EXPECT_EQ(loop.now().time_since_epoch(), 20ms);
}

TEST_F(Actor, TakesBackWhatItHasTold) {
  const auto ada = a_diary(system, "Ada");
  static_cast<void>(ada.tell(say_later{10ms, "never"}));
  static_cast<void>(ada.tell(1));
  static_cast<void>(ada.tell(2));  // once more does nothing
  host.run(loop);
  EXPECT_EQ(log, (order{"Ada made", "Ada starts", "Ada cancels 1", "Ada cancels 2"}));
  EXPECT_EQ(loop.now().time_since_epoch(), 0ms);
}

TEST_F(Actor, TakesItsTimersWithIt) {
  const auto ada = a_diary(system, "Ada");
  static_cast<void>(ada.tell(say_later{10ms, "never"}));
  static_cast<void>(ada.tell(finish()));
  host.run(loop);
  EXPECT_EQ(log, (order{"Ada made", "Ada starts", "Ada ends: normal", "Ada destroyed"}));
  EXPECT_EQ(loop.now().time_since_epoch(), 0ms);
}

class broken : public actor<broken> {
public:
  explicit broken(bool late) {
    static_cast<void>(self().tell(1));  // and takes it with it
    after(1ms, 1);
    if (!late) throw std::runtime_error("no hands");
    stop();
  }
  void on(int) {}
};

/// actor-ts#914: an actor whose constructor throws leaves no zombie behind.
TEST_F(Actor, FailsWhereItsConstructorThrowsAndLeavesNothing) {
  system.on_failure([&](const any_ref&, const exit_reason& why) { log(why.message()); });
  const auto unborn = system.spawn<broken>(false);
  EXPECT_EQ(unborn.tell(1), posting::posted);
  host.settle(loop);
  EXPECT_EQ(log, (order{"no hands"}));
  EXPECT_EQ(system.alive(), 0u);
  EXPECT_EQ(unborn.tell(1), posting::closed);
  EXPECT_FALSE(loop.alive());
  EXPECT_EQ(system.dead_letters().stopped, 1u);
  EXPECT_EQ(system.dead_letters().closed, 2u);
}

TEST_F(Actor, MayStopInItsConstructor) {
  const auto ended = system.spawn<broken>(true);
  host.settle(loop);
  EXPECT_FALSE(ended.alive());
  EXPECT_EQ(system.alive(), 0u);
}

class parent : public actor<parent> {
public:
  explicit parent(note log) : log_(std::move(log)) {}
  void on(say what) {
    const auto child = spawn<diary>(std::string("child"), log_);
    log_("parent goes on");
    static_cast<void>(child.tell(std::move(what)));
  }

private:
  note log_;
};

TEST_F(Actor, SpawnsOthersOnItsWorker) {
  static_cast<void>(system.spawn<parent>(notes()).tell(say{"hello"}));
  host.settle(loop);
  EXPECT_EQ(log, (order{"child made", "parent goes on", "child starts", "child: hello"}));
}

class thrower : public actor<thrower> {
public:
  void on_exit(const exit_reason&) override { throw std::runtime_error("not even that"); }
  void on(int) { stop(); }
};

/// actor-ts#1384: what `on_exit` throws ends nothing but itself.
TEST_F(Actor, SurvivesWhatOnExitThrows) {
  static_cast<void>(system.spawn<thrower>().tell(1));
  host.settle(loop);
  EXPECT_EQ(system.alive(), 0u);
}

/// Takes less memory than what it is made of.
class lighter : public actor<lighter> {
public:
  explicit lighter(std::array<int, 100> given) : last_(given.back()) {
    if (last_ < 0) throw std::invalid_argument("negative");
  }
  int on(int more) { return last_ + more; }

private:
  int last_;
};

TEST_F(Actor, IsMadeOfArgumentsLargerThanItself) {
  std::array<int, 100> numbers{};
  numbers.back() = 40;
  system.ask(system.spawn<lighter>(numbers), 2, 1s,
             [this](const error&, int answer) { log(std::to_string(answer)); });
  numbers.back() = -1;
  system.on_failure([this](const any_ref&, const exit_reason& why) { log(why.failure().message()); });
  system.spawn<lighter>(numbers);
  host.settle(loop);
  EXPECT_EQ(log.events().size(), 2u);
  EXPECT_EQ(system.alive(), 1u);
}

/// Cannot be moved from some time on.
struct stubborn {
  static inline bool no_further = false;
  stubborn() = default;
  stubborn(stubborn&& from) : held_(std::move(from.held_)) {
    if (no_further) throw std::runtime_error("no further");
  }
  std::shared_ptr<const int> held_ = std::make_shared<const int>(1);  // lost where nobody destroys it
};
class settled : public actor<settled> {
public:
  explicit settled(stubborn) {}
  void on(int) {}
};

TEST_F(Actor, HasFailedWhereAnArgumentCannotBeMovedToIt) {
  system.on_failure([this](const any_ref&, const exit_reason& why) { log(why.failure().message()); });
  system.spawn<settled>(stubborn());
  stubborn::no_further = true;
  host.settle(loop);
  stubborn::no_further = false;
  EXPECT_EQ(log, (order{"no further"}));
}

/// Has memory of its own kind.
class housed : public actor<housed> {
public:
  explicit housed(note how) : log_(std::move(how)) {}
  ~housed() override { log_("goes"); }
  void on(int) { stop(); }
  static void* operator new(std::size_t size) { return std::malloc(size); }
  static void operator delete(void* block) { std::free(block); }

private:
  note log_;
};

TEST_F(Actor, MayBringItsOwnMemory) {
  static_cast<void>(system.spawn<housed>(notes()).tell(1));
  host.settle(loop);
  EXPECT_EQ(log, (order{"goes"}));
  EXPECT_EQ(system.alive(), 0u);
}

TEST_F(Actor, EndsWithItsSystem) {
  actor_ref<diary> ada;
  {
    actor_system brief(loop, with(host));
    ada = a_diary(brief, "Ada");
    host.settle(loop);
    static_cast<void>(ada.tell(say{"never read"}));
  }
  EXPECT_EQ(log, (order{"Ada made", "Ada starts", "Ada ends: stopped", "Ada destroyed"}));
  EXPECT_FALSE(ada.alive());
  EXPECT_EQ(ada.tell(say{"hello?"}), posting::closed);
}

TEST_F(Actor, IsNeverBornWhereItsSystemEndsFirst) {
  {
    actor_system brief(loop, with(host));
    const auto ada = a_diary(brief, "Ada");
    static_cast<void>(ada.tell(say{"never read"}));
  }
  EXPECT_EQ(log, (order{}));
}

TEST_F(Actor, SystemStopsInAllStyles) {
  a_diary(system, "Ada");
  host.settle(loop);
  system.stopped().then([&] { log("promise"); }).detach();
  system.stopped([&](const error& failure) { log(failure ? failure.message() : "callback"); });
  system.stop();
  EXPECT_FALSE(a_diary(system, "Bob"));
  host.settle(loop);
  EXPECT_EQ(log,
            (order{"Ada made", "Ada starts", "Ada ends: stopped", "Ada destroyed", "callback", "promise"}));
  bool at_once = false;
  system.stopped([&](const error&) { at_once = true; });
  loop.poll();
  EXPECT_TRUE(at_once);
}

TEST(ActorRef, WithoutAnActorIsClosed) {
  const actor_ref<diary> nobody;
  EXPECT_FALSE(nobody);
  EXPECT_FALSE(nobody.alive());
  EXPECT_EQ(nobody.tell(finish()), posting::closed);
  nobody.stop();
  static_assert(sizeof nobody == 16);
}

}  // namespace
}  // namespace trireme::actors
