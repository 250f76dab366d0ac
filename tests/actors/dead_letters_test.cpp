#include <trireme/actors/dead_letters.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>

#include "actors/actor_fixture.hpp"

// Nothing is lost silently: 3.16. wavelength#705, akka#28810 and #28274, elasticmq#64.

namespace trireme::actors {
namespace {

struct parcel {
  int number = 0;
};
struct close_up {};

class house : public actor<house> {
public:
  int on(parcel what) { return what.number; }
  void on(close_up) { stop(); }
};

/// Asks before it starts, and then does not.
class hasty : public actor<hasty> {
public:
  explicit hasty(actor_ref<house> whom) {
    ask(whom, parcel{1}, 1s, [](result<int>) {});
  }
  void on_start() override { throw std::runtime_error("no legs"); }
};

class DeadLetters : public ActorSystem {
protected:
  actor_system system{loop, with(host)};
  actor_ref<house> target{system.spawn<house>()};
};

/// actor-ts#518, #773: what lay in the mailbox of an actor that ended counts, too.
TEST_F(DeadLetters, AreCountedByReason) {
  spawn_options one;
  one.mailbox_limit = 1;
  const auto narrow = system.spawn_with<house>(one);
  static_cast<void>(narrow.tell(parcel{1}));
  static_cast<void>(narrow.tell(parcel{2}));  // full
  static_cast<void>(target.tell(close_up()));
  static_cast<void>(target.tell(parcel{3}));                    // stopped: it waits behind
  system.ask(narrow, parcel{4}, 1s, [](const error&, int) {});  // full
  host.settle(loop);
  static_cast<void>(target.tell(parcel{5}));  // closed
  const dead_letter_report seen = system.dead_letters();
  EXPECT_EQ(seen.full, 2u);
  EXPECT_EQ(seen.stopped, 1u);
  EXPECT_EQ(seen.closed, 1u);
  EXPECT_EQ(seen.late, 0u);
  EXPECT_EQ(loop.counters().get("actors.dead_letters.full").value(), 2);
}

TEST_F(DeadLetters, AreSampledWithTheirTypeAndTarget) {
  std::string seen;
  system.on_dead_letter([&](const dead_letter& which) {
    seen = which.type();
    EXPECT_EQ(which.why, dead_letter_reason::stopped);
    EXPECT_EQ(which.to, target.address());
  });
  static_cast<void>(target.tell(parcel{3}));
  target.stop();
  host.settle(loop);
  EXPECT_NE(seen.find("parcel"), std::string::npos) << seen;
  ASSERT_EQ(system.dead_letters().last.size(), 1u);
  EXPECT_EQ(system.dead_letters().last.front().type(), seen);
}

TEST_F(DeadLetters, AreSampledAtABoundedRate) {
  int told = 0;
  system.on_dead_letter([&](const dead_letter&) { ++told; });
  for (int each = 0; each < 1'000; ++each) static_cast<void>(target.tell(parcel{each}));
  target.stop();
  host.settle(loop);
  EXPECT_LE(told, 4 * 32);
  EXPECT_EQ(system.dead_letters().stopped + system.dead_letters().closed, 1'000u);  // the rest was on its way
  EXPECT_EQ(system.dead_letters().last.size(), 32u);
}

/// What comes by control counts, too.
TEST_F(DeadLetters, AreAnswersThatAnActorDidNotStartFor) {
  system.on_failure([](const any_ref&, const exit_reason&) {});
  host.settle(loop);
  system.spawn<hasty>(target);
  host.settle(loop);
  EXPECT_EQ(system.dead_letters().late, 1u);
}

/// What senders were told of at once is in the counter when the loop hears from a worker.
TEST_F(DeadLetters, AreInTheCounterWithoutAReport) {
  const counter& closed = loop.counters().get("actors.dead_letters.closed");
  const auto other = system.spawn<house>();
  target.stop();
  host.settle(loop);
  for (int each = 0; each < 7; ++each) static_cast<void>(target.tell(parcel{each}));
  static_cast<void>(other.tell(parcel{8}));
  other.stop();
  host.settle(loop);
  EXPECT_EQ(closed.value(), 7);
}

TEST_F(DeadLetters, AreInTheCounterWhereAWorkerHasEnded) {
  const counter& closed = loop.counters().get("actors.dead_letters.closed");
  actor_system_options options = with(host);
  options.workers = 2;
  actor_system two(loop, options);
  const auto other = two.spawn<house>();
  host.settle(loop);
  two.stop();
  host.step(1);
  EXPECT_EQ(other.tell(parcel{1}), posting::closed);
  EXPECT_EQ(closed.value(), 0);
  loop.poll();
  EXPECT_EQ(closed.value(), 1);
}

}  // namespace
}  // namespace trireme::actors
