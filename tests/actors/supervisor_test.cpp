#include <trireme/actors/supervisor.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <stdexcept>
#include <string>
#include <trireme/core/log.hpp>
#include <vector>

#include "actors/actor_fixture.hpp"

// What goes wrong in a young actor system is a list: actor-ts#913, and 3.16.

namespace trireme::actors {
namespace {

using testing::order;

struct work {
  int number = 0;
};
struct crash {};
struct finish {};

/// How many lives it has had, and whether it may be born.
struct history {
  int lives = 0;
  int stillborn = 0;
};

}  // namespace
}  // namespace trireme::actors

// Here everything happens on one thread.
template <>
inline constexpr bool trireme::enable_sendable<std::shared_ptr<trireme::actors::history>> = true;

namespace trireme::actors {
namespace {

class child_of_ours : public actor<child_of_ours> {
public:
  child_of_ours(std::string name, note log, std::shared_ptr<history> past)
      : name_(std::move(name)), log_(std::move(log)) {
    ++past->lives;
    if (past->stillborn > 0 && past->stillborn-- > 0) throw std::runtime_error("stillborn");
    log_(name_ + " starts");
  }
  void on_exit(const exit_reason& why) override {
    log_(name_ + " ends: " + why.message());
    if (name_ == "rude") throw std::runtime_error("slams the door");
  }
  void on(work what) { log_(name_ + " does " + std::to_string(what.number)); }
  void on(crash) { throw std::runtime_error("crash"); }
  void on(finish) { stop(); }

private:
  std::string name_;
  note log_;
};

std::vector<std::string> logged;
void remember(log_level, std::string_view line) { logged.emplace_back(line); }

class Supervisor : public ActorSystem {
protected:
  void SetUp() override {
    logged.clear();
    set_log_sink(remember);
    system.on_failure([&](const any_ref&, const exit_reason& why) { log("loop hears: " + why.message()); });
  }
  void TearDown() override { set_log_sink(nullptr); }

  static supervisor_options plan(strategy how) {
    supervisor_options made;
    made.how = how;
    made.jitter = 0;
    return made;
  }
  actor_ref<supervisor> a_supervisor(supervisor_options options) {
    return system.spawn<supervisor>(std::move(options));
  }
  actor_ref<child_of_ours> start(const actor_ref<supervisor>& under, std::string name,
                                 restart when = restart::on_failure) {
    any_ref made;
    system.ask(under, child::of<child_of_ours>(name, when, name, notes(), past), 1s,
               [&](const error& failure, any_ref answer) {
                 EXPECT_FALSE(failure);
                 made = answer;
               });
    host.settle(loop);
    return actor_ref<child_of_ours>(made.address());
  }
  template <class M>
  void tell(const actor_ref<child_of_ours>& whom, M message) {
    EXPECT_EQ(whom.tell(std::move(message)), posting::posted);
    host.settle(loop);
  }
  /// Without looking at timers that are further away.
  void pass(duration time) {
    loop.set_timeout(time, [] {});
    const time_point until = loop.now() + time;
    while (loop.now() < until) {
      loop.run_once();
      host.settle(loop);
    }
  }

  std::shared_ptr<history> past = std::make_shared<history>();
  actor_system system{loop, with(host)};
};

TEST_F(Supervisor, MakesTheOneThatFailedAgainUnderItsName) {
  const auto top = a_supervisor(plan(strategy::one_for_one));
  const auto a = start(top, "a");
  const auto b = start(top, "b");
  tell(a, crash());
  pass(10ms);
  tell(a, work{1});
  tell(b, work{2});
  EXPECT_EQ(log, (order{"a starts", "b starts", "a ends: crash", "a starts", "a does 1", "b does 2"}));
  EXPECT_EQ(system.alive(), 3u);
}

TEST_F(Supervisor, StopsAndMakesAllAgainWhereTheyStandForOneAnother) {
  const auto top = a_supervisor(plan(strategy::one_for_all));
  start(top, "a");
  const auto b = start(top, "b");
  start(top, "c");
  log.clear();
  tell(b, crash());
  pass(10ms);
  EXPECT_EQ(log, (order{"b ends: crash", "c ends: stopped", "a ends: stopped", "a starts", "b starts",
                        "c starts"}));
}

TEST_F(Supervisor, MakesTheRestAgainThatWasStartedAfterIt) {
  const auto top = a_supervisor(plan(strategy::rest_for_one));
  start(top, "a");
  const auto b = start(top, "b");
  start(top, "c");
  log.clear();
  tell(b, crash());
  pass(10ms);
  EXPECT_EQ(log, (order{"b ends: crash", "c ends: stopped", "b starts", "c starts"}));
}

TEST_F(Supervisor, MakesAgainWhoIsToLiveAlwaysAndNotWhoHasDoneItsWork) {
  const auto top = a_supervisor(plan(strategy::one_for_one));
  const auto always = start(top, "always", restart::always);
  const auto once = start(top, "once", restart::on_failure);
  const auto never = start(top, "never", restart::never);
  log.clear();
  tell(always, finish());
  tell(once, finish());
  tell(never, crash());
  pass(10ms);
  EXPECT_EQ(log, (order{"always ends: normal", "once ends: normal", "never ends: crash", "always starts"}));
  EXPECT_TRUE(always.alive());
  EXPECT_FALSE(once.alive());
  EXPECT_FALSE(never.alive());
  EXPECT_EQ(system.alive(), 2u);
}

/// pekko#669: mail that waits survives back-off, and a second failure.
TEST_F(Supervisor, KeepsTheMailOverBackOffAndASecondFailure) {
  const auto top = a_supervisor(plan(strategy::one_for_one));
  const auto a = start(top, "a");
  log.clear();
  EXPECT_EQ(a.tell(crash()), posting::posted);
  EXPECT_EQ(a.tell(crash()), posting::posted);
  EXPECT_EQ(a.tell(work{1}), posting::posted);
  host.settle(loop);
  tell(a, work{2});  // it has no life now
  EXPECT_EQ(log, (order{"a ends: crash"}));
  past->stillborn = 1;
  pass(100ms);
  EXPECT_EQ(log, (order{"a ends: crash", "a starts", "a ends: crash", "a starts", "a does 1", "a does 2"}));
  EXPECT_EQ(system.dead_letters().stopped, 0u);
}

/// actor-ts#914, #1384: where the constructor throws, at first or at a restart, it has failed like any other.
TEST_F(Supervisor, TakesAConstructorThatThrowsForAFailure) {
  const auto top = a_supervisor(plan(strategy::one_for_one));
  past->stillborn = 2;
  const auto a = start(top, "a");
  EXPECT_TRUE(a.alive());
  pass(100ms);
  tell(a, work{1});
  EXPECT_EQ(log, (order{"a starts", "a does 1"}));
  EXPECT_EQ(past->lives, 3);
}

/// actor-ts#1384: what `on_exit` throws does not keep it from a new life.
TEST_F(Supervisor, IsNotHinderedByWhatOnExitThrows) {
  const auto top = a_supervisor(plan(strategy::one_for_one));
  const auto rude = start(top, "rude");
  tell(rude, crash());
  pass(10ms);
  EXPECT_EQ(log, (order{"rude starts", "rude ends: crash", "rude starts"}));
}

/// actor-ts#916: every restart is in the log, with the error.
TEST_F(Supervisor, LogsEveryRestartWithItsError) {
  const auto top = a_supervisor(plan(strategy::one_for_one));
  const auto a = start(top, "a");
  tell(a, crash());
  pass(10ms);
  EXPECT_EQ(logged, (std::vector<std::string>{"supervisor: a is made again: crash"}));
  EXPECT_EQ(loop.counters().get("actors.restarts").value(), 1);
}

/// actor-ts#917: five siblings that crash once each have not crashed five times.
TEST_F(Supervisor, CountsRestartsForEachChildWhereOneStandsForItself) {
  const auto top = a_supervisor(plan(strategy::one_for_one));
  std::vector<actor_ref<child_of_ours>> all;
  for (int each = 0; each < 5; ++each) all.push_back(start(top, "a"));
  for (const auto& each : all) tell(each, crash());
  pass(10ms);
  EXPECT_EQ(past->lives, 10);
  EXPECT_EQ(system.alive(), 6u);
}

TEST_F(Supervisor, GivesUpWhereAChildFailsTooOften) {
  const auto top = a_supervisor(plan(strategy::one_for_one));
  const auto a = start(top, "a");
  start(top, "b");
  for (int each = 0; each < 4; ++each) {
    tell(a, crash());
    pass(50ms);
  }
  EXPECT_EQ(past->lives, 5);
  EXPECT_FALSE(top.alive());
  EXPECT_FALSE(a.alive());
  EXPECT_EQ(system.alive(), 0u);
  EXPECT_EQ(log.events().back(), "loop hears: supervisor: too many restarts of a: crash");
}

TEST_F(Supervisor, StopsItsChildrenTheYoungestFirst) {
  const auto top = a_supervisor(plan(strategy::one_for_one));
  for (const char* name : {"a", "b", "c"}) start(top, name);
  log.clear();
  top.stop();
  host.settle(loop);
  EXPECT_EQ(log, (order{"c ends: stopped", "b ends: stopped", "a ends: stopped"}));
  EXPECT_EQ(system.alive(), 0u);
}

TEST_F(Supervisor, LetsAChildBeStoppedWhileItWaitsForItsNextLife) {
  const auto top = a_supervisor(plan(strategy::one_for_one));
  const auto a = start(top, "a");
  tell(a, crash());
  a.stop();
  pass(100ms);
  EXPECT_EQ(log, (order{"a starts", "a ends: crash"}));
  EXPECT_FALSE(a.alive());
  EXPECT_EQ(system.alive(), 1u);
}

TEST_F(Supervisor, WaitsLongerEachTimeWithinItsWindow) {
  supervisor_options options = plan(strategy::one_for_one);
  options.restarts = 100;
  options.longest_delay = 50ms;
  const auto top = a_supervisor(options);
  const auto a = start(top, "a");
  std::vector<duration> waits;
  for (int each = 0; each < 5; ++each) {
    tell(a, crash());
    const int lives = past->lives;
    const time_point from = loop.now();
    while (past->lives == lives) {
      loop.run_once();
      host.settle(loop);
    }
    waits.push_back(loop.now() - from);
  }
  EXPECT_EQ(waits, (std::vector<duration>{10ms, 20ms, 40ms, 50ms, 50ms}));
}

/// Jitter is of a seed: two runs of a test are one.
TEST_F(Supervisor, ShakesItsDelaysByASeed) {
  const auto first_wait = [&](std::uint64_t seed) {
    supervisor_options options = plan(strategy::one_for_one);
    options.jitter = 0.5;
    options.seed = seed;
    const auto a = start(a_supervisor(options), "a");
    tell(a, crash());
    const int lives = past->lives;
    const time_point from = loop.now();
    while (past->lives == lives) {
      loop.run_once();
      host.settle(loop);
    }
    return loop.now() - from;
  };
  const duration one = first_wait(1);
  EXPECT_EQ(first_wait(1), one);
  EXPECT_NE(first_wait(2), one);
  EXPECT_GE(one, 5ms);
  EXPECT_LE(one, 15ms);
}

/// Restart intensity against its sequential specification: more than `most` crashes within `window`.
TEST_F(Supervisor, GivesUpExactlyWhereTheModelDoes) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    supervisor_options options = plan(strategy::one_for_one);
    options.restarts = random() % 4;
    options.within = 100ms;
    options.first_delay = 1ms;
    options.longest_delay = 1ms;
    const auto top = a_supervisor(options);
    const auto a = start(top, "a");
    std::deque<time_point> model;
    for (bool gone = false; !gone;) {
      pass(std::chrono::milliseconds(1 + random() % 60));
      model.push_back(loop.now());
      while (model.back() - model.front() > options.within) model.pop_front();
      gone = model.size() > options.restarts;
      tell(a, crash());
      ASSERT_EQ(top.alive(), !gone) << "seed " << seed;
    }
  }
  EXPECT_EQ(system.alive(), 0u);
}

}  // namespace
}  // namespace trireme::actors
