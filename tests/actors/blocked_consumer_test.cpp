#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <numeric>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>
#include <trireme/actors/channel.hpp>
#include <trireme/actors/pool.hpp>
#include <trireme/actors/worker.hpp>
#include <trireme/core/loop.hpp>
#include <vector>

// E05: nothing on the way of a message holds a lock, so who posts never waits for who reads, whatever that
// does.

namespace trireme::actors {
namespace {

using namespace std::chrono_literals;

constexpr int limit = 100;
constexpr int attempts = 2'000;  // of each producer
constexpr std::size_t producers = 4;

/// Where a callback stops until the test lets it go on.
class gate {
public:
  /// The first to come says so, and waits; the others pass once it is open.
  void pass() {
    reached_ = true;
    reached_.notify_all();
    open_.wait(false);
  }
  void wait_until_reached() const { reached_.wait(false); }
  void open() {
    open_ = true;
    open_.notify_all();
  }
  bool is_open() const { return open_; }

private:
  std::atomic<bool> reached_{false};
  std::atomic<bool> open_{false};
};

struct outcome {
  int posted = 0;
  int full = 0;
};

/// What came of `attempts` posts of each of many threads, all of which have returned while the gate was shut.
template <class Post>
outcome post_from_threads(gate& held, Post post) {
  std::vector<std::future<outcome>> running;
  for (std::size_t each = 0; each < producers; ++each) {
    running.push_back(std::async(std::launch::async, [post]() mutable {
      outcome seen;
      for (int left = attempts; left > 0; --left) {
        const posting what = post(left);
        seen.posted += what == posting::posted;
        seen.full += what == posting::full;
      }
      return seen;
    }));
  }
  for (const auto& each : running) EXPECT_EQ(each.wait_for(60s), std::future_status::ready) << "it blocks";
  EXPECT_FALSE(held.is_open());
  held.open();
  outcome all;
  for (auto& each : running) {
    const outcome its = each.get();
    all.posted += its.posted;
    all.full += its.full;
  }
  return all;
}

void expect_limit_reached(const outcome& seen) {
  EXPECT_EQ(seen.posted, limit);
  EXPECT_EQ(seen.posted + seen.full, attempts * static_cast<int>(producers));
}

using deaf_worker = worker<int, int>;

worker_options narrow() {
  worker_options options;
  options.mailbox_limit = options.outbox_limit = limit;
  return options;
}

TEST(BlockedConsumer, OfAWorkerBlocksNobodyWhoPosts) {
  loop owner;
  const auto held = std::make_shared<gate>();
  std::atomic<int> heard{0};
  deaf_worker subject(
      owner,
      [held, &heard](deaf_worker::port& parent) {
        parent.on_message([held, &heard, &parent](int) {
          held->pass();
          if (++heard == limit + 1) parent.close();
        });
      },
      narrow());
  ASSERT_EQ(subject.post_message(0), posting::posted);
  held->wait_until_reached();
  expect_limit_reached(
      post_from_threads(*held, [&subject](int number) { return subject.post_message(std::move(number)); }));
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(heard, limit + 1);
}

TEST(BlockedConsumer, ThatIsTheLoopBlocksNoWorker) {
  loop owner;
  gate told;
  outcome seen;
  deaf_worker subject(
      owner,
      [&](deaf_worker::port& parent) {
        told.wait_until_reached();
        for (int left = attempts; left > 0; --left) {
          const posting what = parent.post_message(std::move(left));
          seen.posted += what == posting::posted;
          seen.full += what == posting::full;
        }
        told.open();
      },
      narrow());
  int heard = 0;
  subject.on_message([&](int) { ++heard; });
  owner.set_immediate([&] { told.pass(); });  // the loop stands until the worker has posted all of it
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(seen.posted, limit);
  EXPECT_EQ(seen.full, attempts - limit);
  EXPECT_EQ(heard, limit);
}

TEST(BlockedConsumer, OfAPortBlocksNobodyWhoPosts) {
  loop owner;
  const auto held = std::make_shared<gate>();
  std::atomic<int> heard{0};
  channel_options options;
  options.limit = limit;
  channel<int> line(options);
  using listening = port<int, int>;
  const auto listen = [held, &heard](deaf_worker::port&, listening given) {
    const auto kept = std::make_shared<listening>(std::move(given));
    kept->on_message([held, &heard, kept](int) {
      held->pass();
      if (++heard == limit + 1) kept->close();
    });
  };
  deaf_worker subject(owner, listen, std::move(line.second));
  ASSERT_EQ(line.first.post_message(0), posting::posted);
  held->wait_until_reached();
  const auto to = line.first.sender();
  expect_limit_reached(
      post_from_threads(*held, [to](int number) { return to.post_message(std::move(number)); }));
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(heard, limit + 1);
}

class deaf : public actor<deaf> {
public:
  explicit deaf(std::shared_ptr<std::atomic<gate*>> where) : where_(std::move(where)) {}
  void on(int) {
    ++heard_;
    where_->load()->pass();
  }
  int on(bool) { return heard_; }

private:
  std::shared_ptr<std::atomic<gate*>> where_;
  int heard_ = 0;
};

TEST(BlockedConsumer, ThatIsAnActorBlocksNobodyWhoTells) {
  loop owner;
  gate held;
  actor_system_options options;
  options.mailbox_limit = limit;
  actor_system system(owner, options);
  const auto target = system.spawn<deaf>(std::make_shared<std::atomic<gate*>>(&held));
  const auto neighbour = system.spawn<deaf>(std::make_shared<std::atomic<gate*>>(&held));
  ASSERT_EQ(target.tell(0), posting::posted);
  held.wait_until_reached();
  EXPECT_EQ(neighbour.tell(0), posting::posted);  // it lives on the same worker
  expect_limit_reached(post_from_threads(held, [target](int number) { return target.tell(number); }));
  int heard = 0;
  owner.set_interval(1ms, [&] {  // what others told may come after a question
    if (heard > limit) return owner.stop();
    system.ask(target, true, 60s, [&](const error& failure, int count) { heard = failure ? -1 : count; });
  });
  owner.set_timeout(60s, [&] { owner.stop(); });
  owner.run();
  EXPECT_EQ(heard, limit + 1);
}

TEST(BlockedConsumer, ThatIsAPoolsWorkerBlocksNoLoopThatSubmits) {
  loop owner;
  gate held;
  pool_options options;
  options.workers = 1;
  options.queue_limit = limit;
  pool workers(owner, options);
  outcome seen;
  const auto count = [&](const error& failure) {
    seen.posted += !failure;
    seen.full += failure == errc::full;
  };
  workers.run_then(count, [&held] { held.pass(); });
  held.wait_until_reached();
  for (int left = attempts; left > 0; --left) workers.run_then(count, [] {});
  while (seen.full < attempts - limit) owner.poll();  // the loop goes on meanwhile
  EXPECT_FALSE(held.is_open());
  EXPECT_EQ(seen.posted, 0);
  held.open();
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(seen.posted, limit + 1);
  EXPECT_EQ(seen.full, attempts - limit);
}

TEST(BlockedConsumer, ThatIsThePoolsLoopBlocksNoWorker) {
  loop owner;
  pool_options options;
  options.workers = 2;
  options.hand_ahead = 1h;  // so that the workers have all of it
  pool workers(owner, options);
  std::atomic<int> ran{0};
  int answered = 0;
  const auto submit = [&] {
    workers.run_then([&](const error&) { ++answered; },
                     [&ran] {
                       ++ran;
                       ran.notify_one();
                     });
  };
  submit();
  EXPECT_EQ(owner.run(), 0);  // from now on it is known how long they take
  for (int left = limit - 1; left > 0; --left) submit();
  const auto stand_still = [&] {
    for (int now = ran; now < limit; now = ran) ran.wait(now);
  };
  owner.set_immediate([&] { owner.set_immediate(stand_still); });  // a turn later they have been handed out
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(answered, limit);
}

}  // namespace
}  // namespace trireme::actors
