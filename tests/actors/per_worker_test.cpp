#include <trireme/actors/per_worker.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <trireme/actors/manual_host.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

namespace trireme::actors {
namespace {

using testing::test_loop;

pool_options with(std::size_t workers, worker_host* host = nullptr) {
  pool_options made;
  made.workers = workers;
  made.host = host;
  return made;
}

TEST(PerWorker, MakesOneInstanceForEachWorkerAndKeepsIt) {
  test_loop loop;
  manual_host host;
  pool workers(loop, with(3, &host));
  per_worker<std::vector<std::size_t>> seen(workers);
  std::vector<std::vector<std::size_t>> results;
  for (int job = 0; job < 6; ++job) {
    workers.run_then([&](const error&, std::vector<std::size_t> copy) { results.push_back(std::move(copy)); },
                     [seen] {
                       seen.local().push_back(worker_index());
                       return seen.local();
                     });
  }
  host.settle(loop);
  std::sort(results.begin(), results.end());  // between workers there is no order
  EXPECT_EQ(results, (std::vector<std::vector<std::size_t>>{{0}, {0, 0}, {1}, {1, 1}, {2}, {2, 2}}));
}

struct confined {
  explicit confined(std::atomic<int>& counted) : alive(counted) { ++alive; }
  confined(confined&&) = delete;
  ~confined() {
    EXPECT_EQ(std::this_thread::get_id(), home);
    --alive;
  }
  std::atomic<int>& alive;
  std::thread::id home = std::this_thread::get_id();
};

TEST(PerWorker, LivesAndDiesOnItsOwnThread) {
  std::atomic<int> alive{0};
  {
    test_loop loop;
    pool workers(loop, with(2));
    per_worker<confined> instances(workers, [&alive] { return confined(alive); });
    for (int job = 0; job < 200; ++job) {
      workers.run_then([](const error& failure) { EXPECT_FALSE(failure) << failure.message(); },
                       [instances] {
                         if (instances.local().home != std::this_thread::get_id())
                           throw std::logic_error("shared");
                       });
    }
    loop.run();
    EXPECT_GE(alive.load(), 1);
    EXPECT_LE(alive.load(), 2);
  }
  EXPECT_EQ(alive.load(), 0);
}

TEST(PerWorker, TriesAgainAfterAFactoryThatThrew) {
  test_loop loop;
  manual_host host;
  pool workers(loop, with(1, &host));
  int calls = 0;
  per_worker<int> instances(workers, [&calls]() -> int {
    if (++calls == 1) throw std::runtime_error("not yet");
    return 5;
  });
  std::vector<std::string> seen;
  for (int job = 0; job < 2; ++job) {
    workers.run_then([&](const error& failure,
                         int value) { seen.push_back(failure ? failure.message() : std::to_string(value)); },
                     [instances] { return instances.local(); });
  }
  host.settle(loop);
  EXPECT_EQ(seen, (std::vector<std::string>{"not yet", "5"}));
}

TEST(PerWorker, KeepsSeveralInstancesApart) {
  test_loop loop;
  manual_host host;
  pool workers(loop, with(1, &host));
  per_worker<int> first(workers, [] { return 1; });
  per_worker<std::string> second(workers, [] { return std::string("two"); });
  std::string seen;
  workers.run_then([&](const error&, std::string text) { seen = std::move(text); },
                   [first, second] { return second.local() + std::to_string(first.local()); });
  host.settle(loop);
  EXPECT_EQ(seen, "two1");
}

}  // namespace
}  // namespace trireme::actors
