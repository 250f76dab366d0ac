#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>
#include <trireme/actors/channel.hpp>
#include <trireme/actors/manual_host.hpp>
#include <trireme/actors/pool.hpp>
#include <trireme/actors/worker.hpp>
#include <trireme/core/testing/test_loop.hpp>

// Work that ignores its stop, and what is used after its loop, system or pool has gone. The other faults have
// their tests where the part has its own: threads, worker, worker_exit, pool_stop, pool.

namespace trireme::actors {
namespace {

using testing::test_loop;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

/// Goes on for a while, whatever it is asked.
template <class Asked>
void ignore_the_stop(const Asked& asked, std::atomic<bool>& ended) {
  while (!asked.stop_requested()) std::this_thread::yield();
  for (const auto until = steady::now() + 20ms; steady::now() < until;) std::this_thread::yield();
  ended = true;
}

TEST(IgnoredStop, OfAWorkerIsWaitedForAndNoLonger) {
  test_loop loop;
  std::atomic<bool> ended{false};
  std::latch running(1);
  auto subject = std::make_optional<worker<int, int>>(loop, [&](worker<int, int>::port& parent) {
    running.count_down();
    ignore_the_stop(parent, ended);
  });
  running.wait();
  EXPECT_EQ(subject->post_message(1), posting::posted);
  const auto begun = steady::now();
  subject.reset();
  EXPECT_TRUE(ended);
  EXPECT_LT(steady::now() - begun, 30s);
  loop.run();
  EXPECT_EQ(loop.counters().get("actors.worker.dropped").value(), 1);
}

TEST(IgnoredStop, OfAJobIsWaitedForWhereItsPoolGoesAndAnswered) {
  test_loop loop;
  std::atomic<bool> ended{false};
  std::latch running(1);
  pool_options one;
  one.workers = 1;
  auto subject = std::make_optional<pool>(loop, one);
  int answers = 0;
  const auto canceled = [&](const error& failure) {
    EXPECT_EQ(failure, error(errc::canceled));
    ++answers;
  };
  subject->run_then(canceled, [&](job_context& self) {
    running.count_down();
    ignore_the_stop(self, ended);
  });
  subject->run_then(canceled, [] { FAIL(); });
  running.wait();
  subject.reset();
  EXPECT_TRUE(ended);
  loop.run();
  EXPECT_EQ(answers, 2);
}

struct hello {};

class counter : public actor<counter> {
public:
  int on(hello) { return ++count_; }

private:
  int count_ = 0;
};

TEST(UsedAfterItsLoop, ARefIsClosed) {
  actor_ref<counter> kept;
  any_ref any;
  {
    test_loop loop;
    manual_host host;
    actor_system_options by_hand;
    by_hand.host = &host;
    actor_system system(loop, by_hand);
    any = kept = system.spawn<counter>();
    EXPECT_EQ(kept.tell(hello()), posting::posted);
  }
  EXPECT_FALSE(kept.alive());
  EXPECT_EQ(kept.tell(hello()), posting::closed);
  any.stop();
}

TEST(UsedAfterItsLoop, AJobsHandleNamesNothing) {
  job_handle kept;
  {
    test_loop loop;
    pool workers(loop);
    kept = workers.run_then([](const error&) {}, [] {});
  }
  EXPECT_FALSE(kept.active());
  kept.cancel();
}

TEST(UsedAfterItsLoop, APortAndItsSendersPostToWhoListensNext) {
  channel<int> between;
  const sender<int> from_anywhere = between.second.sender();
  {
    test_loop loop;
    between.first.on_message([](int) { FAIL(); });
  }
  EXPECT_EQ(between.second.post_message(1), posting::posted);
  std::thread([&] { EXPECT_EQ(from_anywhere.post_message(2), posting::posted); }).join();
  std::set<int> heard;  // between senders there is no order
  test_loop next;
  between.first.on_message([&](int value) {
    heard.insert(value);
    if (heard.size() == 2) between.first.close();
  });
  next.run();
  EXPECT_EQ(heard, (std::set<int>{1, 2}));
  EXPECT_EQ(from_anywhere.post_message(3), posting::closed);
}

/// The answer is on its way, or not given yet; the system goes, and the loop before it could turn again.
TEST(UsedAfterItsLoop, AQuestionIsDroppedWithWhatItHolds) {
  for (const int steps : {0, 1, 2}) {
    const auto held = std::make_shared<int>(0);
    {
      test_loop loop;
      manual_host host;
      actor_system_options by_hand;
      by_hand.host = &host;
      actor_system system(loop, by_hand);
      const auto whom = system.spawn<counter>();
      system.ask(whom, hello(), 1s, [held](const error&, int) { FAIL(); });
      system.ask(whom, hello(), 1s).then([held](int) { FAIL(); }).detach();
      for (int step = 0; step < steps; ++step) host.step();
    }
    EXPECT_EQ(held.use_count(), 1) << steps;
  }
}

TEST(UsedAfterItsLoop, ARefIsToldFromAnotherThreadWhileAllGo) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> over{false};
    std::latch under_way(1);
    std::thread teller;
    {
      loop owner;
      actor_system system(owner);
      const auto whom = system.spawn<counter>();
      teller = std::thread([&, whom] {
        for (int said = 0; !over.load(); ++said) {
          static_cast<void>(whom.tell(hello()));
          if (said == 100) under_way.count_down();
        }
        EXPECT_EQ(whom.tell(hello()), posting::closed);
      });
      under_way.wait();
    }
    over = true;
    teller.join();
  }
}

}  // namespace
}  // namespace trireme::actors
