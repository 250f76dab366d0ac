#include "pool_fixture.hpp"

// Which worker does what was handed out in advance.

namespace trireme::actors {
namespace {

using trireme::testing::order;
using namespace std::chrono_literals;

class PoolLanes : public testing::by_hand {
protected:
  /// A pool that knows how long its jobs take, so that each worker gets its share of them in advance.
  pool& make_known(std::size_t workers) {
    pool& made = make(options(workers));
    brief().run_then(nobody(), [] {});
    host.settle(loop);
    return made;
  }
  pool_with brief() { return workers->with(job_options().named("brief")); }
  /// They note themselves, and on which worker: 0, 1, 2, ... go to the workers in turn.
  void submit(int jobs) {
    for (int number = 0; number < jobs; ++number) {
      brief().run_then(nobody(), [this, number] {
        log(std::to_string(number) + " on " + std::to_string(worker_index()));
      });
    }
    loop.poll();  // hands them out
  }
  void step(std::size_t which, int times) {
    for (int each = 0; each < times; ++each) EXPECT_TRUE(host.step(which));
  }
  /// One job of worker 0 and three of worker 1, in a callback of a millisecond: the loop looks at its timers
  /// before it reads what came back.
  void step_while_the_loop_stands_still() {
    loop.set_immediate([this] {
      step(0, 1);
      step(1, 3);
      loop.time().advance(1ms);
    });
    loop.poll();
  }
  /// All that this worker is given, and only it.
  void let_go_on(std::size_t which) {
    loop.poll();
    while (host.step(which)) loop.poll();
  }
};

TEST_F(PoolLanes, LeavesARunningJobAloneWhereItTakesBackWhatWaitsBehindIt) {
  pool& subject = make(options(2));
  const auto brief = [&] { return subject.with(job_options().named("brief")); };
  for (int warm = 0; warm < 2; ++warm) brief().run_then(nobody(), [] {});
  host.settle(loop);
  bool asked = true;
  brief().run_then(note("long"), [&](job_context& self) {
    loop.time().advance(1ms);
    loop.poll();  // the loop finds this lane stuck
    while (host.step(1)) loop.poll();
    asked = self.stop_requested();
  });
  for (int number = 1; number < 4; ++number) {
    brief().run_then(note(std::to_string(number)), [] { EXPECT_EQ(worker_index(), 1u); });
  }
  loop.poll();
  host.step(0);
  host.settle(loop);
  EXPECT_FALSE(asked);
  EXPECT_EQ(log, (order{"1", "2", "3", "long"})) << "the second had been handed out behind the long one";
}

TEST_F(PoolLanes, GivesJobsHandedOutInAdvanceToOthersWhereOneTakesLong) {
  pool& subject = make(options(2));
  for (int warm = 0; warm < 2; ++warm) {
    subject.with(job_options().named("short")).run_then(nobody(), [] {});
  }
  host.settle(loop);
  for (int number = 0; number < 6; ++number) {
    subject.with(job_options().named("short")).run_then(nobody(), [this, number] {
      log(std::to_string(number) + " on " + std::to_string(worker_index()));
    });
  }
  loop.poll();  // hands them out: 0, 2, 4 to worker 0
  loop.time().advance(1ms);
  host.step(1);
  host.step(1);
  host.step(1);
  loop.poll();
  loop.poll();
  while (host.step(1)) loop.poll();
  EXPECT_EQ(log.events().size(), 6u) << "worker 0 has not made a step";
  while (host.step(0)) {
  }
  EXPECT_EQ(log.events().size(), 6u) << "what it was handed came to nothing";
  host.settle(loop);
  EXPECT_EQ(subject.outstanding(), 0u);
}

TEST_F(PoolLanes, AreNotTakenForStuckWhereTheLoopStoodStill) {
  make_known(2);
  submit(6);
  step_while_the_loop_stands_still();
  let_go_on(1);
  EXPECT_EQ(log, (order{"0 on 0", "1 on 1", "3 on 1", "5 on 1"})) << "worker 0 goes on";
  let_go_on(0);
  EXPECT_EQ(log, (order{"0 on 0", "1 on 1", "3 on 1", "5 on 1", "2 on 0", "4 on 0"}));
}

TEST_F(PoolLanes, AreFoundStuckThoughTheyBroughtSomethingBackBefore) {
  make_known(2);
  submit(6);
  step_while_the_loop_stands_still();
  loop.poll();
  loop.time().advance(1ms);
  let_go_on(1);
  EXPECT_EQ(log, (order{"0 on 0", "1 on 1", "3 on 1", "5 on 1", "2 on 1", "4 on 1"}));
}

TEST_F(PoolLanes, GiveBackWhatTheyWereHandedInTheOrderSubmitted) {
  make_known(3);
  submit(9);
  step(2, 3);
  loop.time().advance(1ms);
  let_go_on(2);
  EXPECT_EQ(
      log, (order{"2 on 2", "5 on 2", "8 on 2", "0 on 2", "1 on 2", "3 on 2", "4 on 2", "6 on 2", "7 on 2"}));
}

TEST_F(PoolLanes, GiveBackInThatOrderWhatWasGivenBackBefore) {
  make_known(2);
  submit(6);
  step(1, 1);
  loop.time().advance(1ms);
  loop.poll();  // 0, 2 and 4 go behind 3 and 5
  while (host.step(0)) {
  }
  loop.time().advance(1ms);
  let_go_on(0);
  EXPECT_EQ(log, (order{"1 on 1", "0 on 0", "2 on 0", "3 on 0", "4 on 0", "5 on 0"}));
}

TEST_F(PoolLanes, LetTheLoopSleepWhileTheyAreStuck) {
  make_known(2);
  submit(6);
  int turns = 0;
  hook counted = loop.on_check([&turns] { ++turns; });
  counted.unref();
  EXPECT_TRUE(loop.run_for(10s));
  EXPECT_LT(turns, 10) << "they are looked at once, not every millisecond";
  host.settle(loop);
  EXPECT_EQ(log.events().size(), 6u);
}

}  // namespace
}  // namespace trireme::actors
