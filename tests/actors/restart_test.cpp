#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>
#include <trireme/actors/supervisor.hpp>
#include <trireme/core/log.hpp>

#include "actors/actor_fixture.hpp"

// What a child hears of its former lives, and others of its next one.

namespace trireme::actors {
namespace {

using testing::order;

struct crash {};
struct finish {};
struct number {
  int value = 0;
};

/// Answers with what it is asked; others tie themselves to it.
class oracle : public actor<oracle> {
public:
  oracle(std::string name, note log) : name_(std::move(name)), log_(std::move(log)) {}
  void on_exit(const exit_reason& why) override { log_(name_ + " ends: " + why.message()); }
  int on(number asked) { return asked.value; }
  void on(crash) { throw std::runtime_error("crash of the oracle"); }
  void on(finish) { stop(); }

private:
  std::string name_;
  note log_;
};

/// What the child of a test does with the oracles in each of its lives.
class believer;
struct story {
  int lives = 0;
  std::function<void(believer&, int life)> as_made = [](believer&, int) {};
  std::function<void(believer&, int life)> as_started = [](believer&, int) {};
};

}  // namespace
}  // namespace trireme::actors

// Here everything happens on one thread.
template <>
inline constexpr bool trireme::enable_sendable<std::shared_ptr<trireme::actors::story>> = true;

namespace trireme::actors {
namespace {

class believer : public actor<believer> {
public:
  believer(note log, std::shared_ptr<story> plot)
      : log_(std::move(log)), plot_(std::move(plot)), life_(++plot_->lives) {
    plot_->as_made(*this, life_);
  }
  void on_start() override {
    say("starts");
    plot_->as_started(*this, life_);
  }
  void on_exit(const exit_reason& why) override { say("ends: " + why.message()); }
  void on_down(actor_monitor which, const exit_reason& why) override {
    say((which == watched_ ? "sees: " : "wonders: ") + why.message());
  }
  void on(crash) { throw std::runtime_error("crash"); }

  void ask_for(const actor_ref<oracle>& whom, int value) {
    ask(whom, number{value}, 1s, [this](result<int> heard) {
      say("hears " + (heard ? std::to_string(*heard) : heard.error().message()));
    });
  }
  void watch(const any_ref& whom) { watched_ = monitor(whom); }
  using actor::link;

private:
  void say(const std::string& what) { log_("life " + std::to_string(life_) + " " + what); }

  note log_;
  std::shared_ptr<story> plot_;
  int life_;
  actor_monitor watched_;
};

/// Hears of ends, and ties itself again once.
class mourner : public actor<mourner> {
public:
  explicit mourner(note log) : log_(std::move(log)) {}
  void on_link_down(const any_ref& which, const exit_reason& why) override {
    log_("mourner hears: " + why.message());
    if (!std::exchange(again_, true)) link(which);
  }
  void on(any_ref whom) { link(whom); }

private:
  note log_;
  bool again_ = false;
};

class Restart : public ActorSystem {
protected:
  void SetUp() override {
    set_log_sink([](log_level, std::string_view) {});
    system.on_failure([&](const any_ref&, const exit_reason& why) { log("loop hears: " + why.message()); });
  }
  void TearDown() override { set_log_sink(nullptr); }

  static actor_system_options two_workers(manual_host& host) {
    actor_system_options made = with(host);
    made.workers = 2;
    return made;
  }
  static spawn_options on_worker(std::size_t which) {
    spawn_options made;
    made.worker = which;
    return made;
  }
  actor_ref<oracle> an_oracle(std::string name, std::size_t worker = 1) {
    return system.spawn_with<oracle>(on_worker(worker), std::move(name), notes());
  }
  /// Under a supervisor of its own, on the first worker; only that one works meanwhile.
  actor_ref<believer> start() {
    supervisor_options options;
    options.jitter = 0;
    top = system.spawn_with<supervisor>(on_worker(0), options);
    any_ref made;
    system.ask(top, child::of<believer>("believer", restart::on_failure, notes(), plot), 1s,
               [&](const error&, any_ref answer) { made = answer; });
    work(0);
    return actor_ref<believer>(made.address());
  }
  void work(std::size_t worker) {
    for (int each = 0; each < 10; ++each) {
      host.step(worker);
      loop.poll();
    }
  }
  /// Over the delay of a first restart.
  void pass_delay(std::size_t worker) {
    loop.set_timeout(10ms, [] {});
    const time_point until = loop.now() + 10ms;
    while (loop.now() < until) loop.run_once();
    work(worker);
  }
  template <class A, class M>
  void tell(const actor_ref<A>& whom, M message) {
    EXPECT_EQ(whom.tell(std::move(message)), posting::posted);
  }

  std::shared_ptr<story> plot = std::make_shared<story>();
  actor_system system{loop, two_workers(host)};
  actor_ref<supervisor> top;
};

TEST_F(Restart, LeavesAnswersToFormerLivesUnheard) {
  const auto wise = an_oracle("wise");
  plot->as_started = [&](believer& self, int life) { self.ask_for(wise, 100 * life); };
  const auto subject = start();
  tell(subject, crash());
  work(0);
  pass_delay(0);
  EXPECT_EQ(log, (order{"life 1 starts", "life 1 ends: crash", "life 2 starts"}));
  log.clear();
  host.settle(loop);
  EXPECT_EQ(log, (order{"life 2 hears 200"}));
  EXPECT_EQ(system.dead_letters().late, 1u);
}

TEST_F(Restart, TakesTheEndOfWhatAFormerLifeWatchedForNothingElse) {
  const auto before = an_oracle("before");
  const auto after = an_oracle("after");
  plot->as_started = [&](believer& self, int life) { self.watch(life == 1 ? before : after); };
  const auto subject = start();
  before.stop();  // the second worker has not heard yet that nobody watches any more
  tell(subject, crash());
  work(0);
  pass_delay(0);
  host.settle(loop);
  EXPECT_EQ(log, (order{"life 1 starts", "life 1 ends: crash", "life 2 starts", "before ends: stopped"}));
  log.clear();
  tell(after, finish());
  host.settle(loop);
  EXPECT_EQ(log, (order{"after ends: normal", "life 2 sees: normal"}));
}

TEST_F(Restart, ComesThoughALinkedActorFailsMeanwhile) {
  const auto frail = an_oracle("frail", 0);
  plot->as_started = [&](believer& self, int life) {
    if (life == 1) self.link(frail);
  };
  const auto subject = start();
  tell(subject, crash());
  work(0);
  tell(frail, crash());
  work(0);
  EXPECT_TRUE(subject.alive());
  pass_delay(0);
  EXPECT_EQ(log, (order{"life 1 starts", "life 1 ends: crash", "frail ends: crash of the oracle",
                        "life 2 starts"}));
}

/// To those whom it was linked to it ends only when it is not made again.
TEST_F(Restart, EndsNobodyWhomAConstructorThatThrewWasLinkedTo) {
  const auto firm = an_oracle("firm", 0);
  plot->as_made = [&](believer& self, int life) {
    self.link(firm);
    if (life <= 2) throw std::runtime_error("stillborn");
  };
  const auto subject = start();
  pass_delay(0);
  pass_delay(0);
  pass_delay(0);
  EXPECT_EQ(log, (order{"life 3 starts"}));
  EXPECT_TRUE(firm.alive());
  log.clear();
  subject.stop();
  host.settle(loop);
  EXPECT_EQ(log, (order{"life 3 ends: stopped", "firm ends: stopped"}));
}

TEST_F(Restart, AddsNothingToALinkThatIsMadeInEachLife) {
  const auto near = system.spawn_with<mourner>(on_worker(0), notes());
  plot->as_started = [&](believer& self, int) { self.link(near); };
  const auto subject = start();
  for (int each = 0; each < 3; ++each) {
    tell(subject, crash());
    work(0);
    for (int delay = 0; delay < 4; ++delay) pass_delay(0);
  }
  EXPECT_EQ(plot->lives, 4);
  log.clear();
  subject.stop();
  host.settle(loop);
  EXPECT_EQ(log, (order{"life 4 ends: stopped", "mourner hears: stopped", "mourner hears: no such actor"}));
}

}  // namespace
}  // namespace trireme::actors
