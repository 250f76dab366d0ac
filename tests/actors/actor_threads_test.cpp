#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <thread>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>
#include <trireme/core/loop.hpp>
#include <vector>

// Actors on threads of their own: run under ThreadSanitizer.

namespace trireme::actors {
namespace {

using namespace std::chrono_literals;

actor_system_options workers(std::size_t count) {
  actor_system_options made;
  made.workers = count;
  return made;
}

struct numbered {
  int sender = 0;
  int number = 0;
};
struct how_many {};

/// Counts, and finds out of order what came so.
class checker : public actor<checker> {
public:
  void on(numbered what) {
    out_of_order_ += next_[what.sender] != what.number;
    next_[what.sender] = what.number + 1;
    ++count_;
  }
  int on(how_many) { return out_of_order_ > 0 ? -out_of_order_ : count_; }

private:
  std::vector<int> next_ = std::vector<int>(8);
  int out_of_order_ = 0;
  int count_ = 0;
};

/// E05, concurrentqueue#241, #332: first in, first out for each sender, and the limit is exact.
TEST(ActorThreads, KeepTheOrderOfEachSenderAndLoseNothing) {
  constexpr int each = 5'000;
  loop owner;
  actor_system system(owner, workers(2));
  const auto target = system.spawn<checker>();
  std::vector<std::thread> senders;
  for (int sender = 0; sender < 4; ++sender) {
    senders.emplace_back([target, sender] {
      for (int number = 0; number < each;) {
        if (target.tell(numbered{sender, number}) == posting::posted) {
          ++number;
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  // Between senders there is no order: a question may come before what others told earlier.
  int seen = 0;
  owner.set_interval(1ms, [&] {
    system.ask(target, how_many(), 60s, [&](const error& failure, int count) {
      seen = failure ? -1 : count;
      if (seen < 0 || seen >= 4 * each) owner.stop();
    });
  });
  owner.set_timeout(60s, [&] { owner.stop(); });
  owner.run();
  EXPECT_EQ(seen, 4 * each);
}

struct ball {
  int left = 0;
};
struct partner {
  partner() = default;
  explicit partner(any_ref given) : other(given) {}
  any_ref other;
};

/// Plays with another on another worker, and says when it is over.
class player : public actor<player> {
public:
  explicit player(remote_loop home, std::shared_ptr<std::atomic<int>> hits)
      : home_(std::move(home)), hits_(std::move(hits)) {}
  void on(partner with) { other_ = actor_ref<player>(with.other.address()); }
  void on(ball played) {
    hits_->fetch_add(1);
    if (played.left == 0) return;
    static_cast<void>(other_.tell(ball{played.left - 1}));
  }
  int on(how_many) { return hits_->load(); }

private:
  remote_loop home_;
  std::shared_ptr<std::atomic<int>> hits_;
  actor_ref<player> other_;
};

TEST(ActorThreads, TellAcrossWorkers) {
  constexpr int rounds = 10'000;
  loop owner;
  actor_system system(owner, workers(2));
  const auto hits = std::make_shared<std::atomic<int>>(0);
  const auto left = system.spawn<player>(owner.remote(), hits);
  const auto right = system.spawn<player>(owner.remote(), hits);
  static_cast<void>(left.tell(partner(right)));
  static_cast<void>(right.tell(partner(left)));
  // No order between senders: what left sends must not come before this thread's word on who plays.
  system.ask(right, how_many(), 60s,
             [&](const error&, int) { static_cast<void>(left.tell(ball{rounds - 1})); });
  owner.set_interval(1ms, [&] {
    if (hits->load() == rounds) owner.stop();
  });
  owner.run();
  EXPECT_EQ(hits->load(), rounds);
}

struct begin {
  int rounds = 0;
};

/// Asks an actor on another worker, one question after the other.
class asker : public actor<asker> {
public:
  asker(actor_ref<checker> whom, std::shared_ptr<std::atomic<int>> answers)
      : whom_(whom), answers_(std::move(answers)) {}
  void on(begin what) {
    if (what.rounds == 0) return;
    ask(whom_, how_many(), 60s, [this, what](result<int> answer) {
      if (answer) answers_->fetch_add(1);
      static_cast<void>(self().tell(begin{what.rounds - 1}));
    });
  }

private:
  actor_ref<checker> whom_;
  std::shared_ptr<std::atomic<int>> answers_;
};

TEST(ActorThreads, AskAcrossWorkers) {
  constexpr int rounds = 2'000;
  loop owner;
  actor_system system(owner, workers(2));
  const auto answers = std::make_shared<std::atomic<int>>(0);
  static_cast<void>(system.spawn<asker>(system.spawn<checker>(), answers).tell(begin{rounds}));
  owner.set_interval(1ms, [&] {
    if (answers->load() == rounds) owner.stop();
  });
  owner.run();
  EXPECT_EQ(answers->load(), rounds);
}

class sleeper : public actor<sleeper> {
public:
  explicit sleeper(std::shared_ptr<std::atomic<int>> awake) : awake_(std::move(awake)) {}
  void on_start() override { after(5ms, begin()); }
  void on(begin) { awake_->fetch_add(1); }

private:
  std::shared_ptr<std::atomic<int>> awake_;
};

TEST(ActorThreads, WakeAtTheirTimersWhereNothingElseDoes) {
  loop owner;
  actor_system system(owner);
  const auto awake = std::make_shared<std::atomic<int>>(0);
  static_cast<void>(system.spawn<sleeper>(awake));
  const auto begun = owner.now();
  owner.set_interval(1ms, [&] {
    if (awake->load() > 0) owner.stop();
  });
  owner.run();
  EXPECT_GE(owner.now() - begun, 5ms);
}

/// 3.2 and the faults of the issue: systems go while other threads tell, ask, stop and spawn.
TEST(ActorThreads, GoWhileOthersStillTell) {
  loop owner;
  for (int round = 0; round < 30; ++round) {
    std::vector<std::thread> senders;
    std::atomic<bool> over{false};
    std::uint64_t answered = 0;
    {
      actor_system system(owner, workers(2));
      system.on_failure([](const any_ref&, const exit_reason&) {});
      std::vector<actor_ref<checker>> targets;
      for (int each = 0; each < 4; ++each) targets.push_back(system.spawn<checker>());
      for (int sender = 0; sender < 2; ++sender) {
        senders.emplace_back([&over, targets, sender] {
          for (int number = 0; !over.load(); ++number) {
            static_cast<void>(targets[number % 3].tell(numbered{sender, number}));
            if (number % 100 == 99) targets[number % 4].stop();
          }
        });
      }
      for (int each = 0; each < 20; ++each) {
        system.ask(targets[each % 4], how_many(), 60s, [&](const error&, int) { ++answered; });
        owner.poll();
      }
    }
    over.store(true);
    for (std::thread& sender : senders) sender.join();
    owner.run();
    EXPECT_EQ(answered, 20u);
  }
}

TEST(ActorThreads, StopAndSayWhenTheyHaveEnded) {
  loop owner;
  actor_system system(owner, workers(2));
  for (int each = 0; each < 100; ++each) static_cast<void>(system.spawn<checker>());
  bool ended = false;
  system.stopped().then([&] { ended = true; }).detach();
  system.stop();
  owner.run();
  EXPECT_TRUE(ended);
  EXPECT_EQ(system.alive(), 0u);
}

/// Leaves a dead letter at once.
class ephemeral : public actor<ephemeral> {
public:
  ephemeral() {
    static_cast<void>(self().tell(begin()));
    stop();
  }
  void on(begin) {}
};

/// Those that a worker sampled while earlier ones were on their way to the loop wait for nothing else.
TEST(ActorThreads, BringEachSampledDeadLetter) {
  loop owner;
  actor_system system(owner);
  int heard = 0;
  system.on_dead_letter([&](const dead_letter&) {
    if (++heard == 2) owner.stop();
  });
  const counter& dead = owner.counters().get("actors.dead_letters.stopped");
  for (int each = 1; each <= 2; ++each) {
    system.spawn<ephemeral>();
    while (dead.value() < each) std::this_thread::yield();
  }
  owner.set_timeout(10s, [&] { owner.stop(); });
  owner.run();
  EXPECT_EQ(heard, 2);
}

}  // namespace
}  // namespace trireme::actors
