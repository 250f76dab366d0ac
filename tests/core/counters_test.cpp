#include <trireme/core/counters.hpp>

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using trireme::counter;
using trireme::counter_registry;

TEST(Counters, StartAtZeroAndGoUpAndDown) {
  counter_registry registry;
  counter& bytes = registry.get("tcp.buffered");
  EXPECT_EQ(bytes.value(), 0);
  bytes.add();
  bytes.add(10);
  bytes.subtract(4);
  EXPECT_EQ(bytes.value(), 7);
}

TEST(Counters, AreMadeOncePerName) {
  counter_registry registry;
  counter& first = registry.get("a");
  for (int other = 0; other < 1000; ++other) registry.get("b" + std::to_string(other));
  EXPECT_EQ(&registry.get("a"), &first);
}

TEST(Counters, AreListedByName) {
  counter_registry registry;
  registry.get("b").add(2);
  registry.get("a").add(1);
  registry.get("c");
  using entry = std::pair<std::string, std::int64_t>;
  EXPECT_EQ(registry.snapshot(), (std::vector<entry>{{"a", 1}, {"b", 2}, {"c", 0}}));
}

TEST(Counters, CountFromManyThreads) {
  counter_registry registry;
  counter& total = registry.get("total");
  std::vector<std::thread> threads;
  for (int each = 0; each < 4; ++each) {
    threads.emplace_back([&total] {
      for (int round = 0; round < 10000; ++round) total.add();
    });
  }
  for (auto& each : threads) each.join();
  EXPECT_EQ(total.value(), 40000);
}

}  // namespace
