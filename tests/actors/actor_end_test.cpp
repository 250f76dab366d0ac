#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>
#include <trireme/actors/supervisor.hpp>

#include "actors/actor_fixture.hpp"

// How actors go, and what goes with them.

namespace trireme::actors {
namespace {

using testing::order;

struct ping {};

class named : public actor<named> {
public:
  named(std::string name, note log) : name_(std::move(name)), log_(std::move(log)) {}
  void on_exit(const exit_reason& why) override { log_(name_ + " ends: " + why.message()); }
  void on(ping) {}

private:
  std::string name_;
  note log_;
};

enum class last_words { in_on_exit, in_destructor };

/// Has something to say to another when it goes.
class parting : public actor<parting> {
public:
  parting(actor_ref<named> friendly, last_words when) : friendly_(friendly), when_(when) {}
  ~parting() override {
    if (when_ == last_words::in_destructor) say();
  }
  void on_exit(const exit_reason&) override {
    if (when_ == last_words::in_on_exit) say();
  }
  void on(ping) {}

private:
  void say() { static_cast<void>(friendly_.tell(ping())); }

  actor_ref<named> friendly_;
  last_words when_;
};

class ActorEnd : public ActorSystem {
protected:
  template <class A>
  void wake(const actor_ref<A>& whom) {
    EXPECT_EQ(whom.tell(ping()), posting::posted);
    host.settle(loop);
  }
  /// The one that was woken last ends last.
  void end_system_of_two(last_words when, bool speaker_first) {
    actor_system brief(loop, with(host));
    const auto idle = brief.spawn<named>(std::string("idle"), notes());
    const auto speaker = brief.spawn<parting>(idle, when);
    wake(speaker);
    wake(idle);
    if (!speaker_first) wake(speaker);
  }
};

TEST_F(ActorEnd, MayTellAnIdleNeighbourWhereTheSystemEnds) {
  for (const last_words when : {last_words::in_on_exit, last_words::in_destructor}) {
    for (const bool speaker_first : {true, false}) end_system_of_two(when, speaker_first);
  }
  EXPECT_EQ(log,
            (order{"idle ends: stopped", "idle ends: stopped", "idle ends: stopped", "idle ends: stopped"}));
  EXPECT_EQ(loop.counters().get("actors.dead_letters.stopped").value() +
                loop.counters().get("actors.dead_letters.closed").value(),
            4);
}

/// A supervisor's children end before it is gone, the youngest first: with the system, too.
TEST_F(ActorEnd, IsOrderedBySupervisorsWhereTheSystemEnds) {
  {
    actor_system brief(loop, with(host));
    const auto start = [&](const actor_ref<supervisor>& under, child what) {
      any_ref made;
      brief.ask(under, std::move(what), 1s, [&](const error&, any_ref answer) { made = answer; });
      host.settle(loop);
      return made;
    };
    const auto a_named = [&](const char* name) {
      return child::of<named>(name, restart::always, std::string(name), notes());
    };
    const auto top = brief.spawn<supervisor>(supervisor_options());
    start(top, a_named("oldest"));
    const any_ref inner = start(top, child::of<supervisor>("inner", restart::always, supervisor_options()));
    start(top, a_named("youngest"));
    for (const char* name : {"first", "second"}) start(actor_ref<supervisor>(inner.address()), a_named(name));
  }
  EXPECT_EQ(log, (order{"youngest ends: stopped", "second ends: stopped", "first ends: stopped",
                        "oldest ends: stopped"}));
}

/// Asks itself what it will never answer, with a handler that looks at it once more when it goes.
class asker : public actor<asker> {
public:
  explicit asker(note log) : log_(std::move(log)) {}
  ~asker() override { log_("destroyed"); }
  void on(ping what) {
    ask(self(), what, 1s, [guard = std::unique_ptr<asker, farewell>(this)](result<void>) {});
    stop();
  }

private:
  struct farewell {
    void operator()(const asker* whose) const { whose->log_("handler goes"); }
  };
  note log_;
};

/// i2pd#2355: what a handler refers to is still there when the handler goes.
TEST_F(ActorEnd, TakesItsHandlersFirst) {
  actor_system system(loop, with(host));
  wake(system.spawn<asker>(notes()));
  EXPECT_EQ(log, (order{"handler goes", "destroyed"}));
}

}  // namespace
}  // namespace trireme::actors
