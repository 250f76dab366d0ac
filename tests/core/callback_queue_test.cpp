#include <trireme/core/detail/callback_queue.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <utility>
#include <vector>

namespace {

using trireme::context;
using trireme::context_ptr;
using trireme::detail::callback_queue;

void run_all(callback_queue& queue) {
  while (!queue.empty()) {
    queue.front().run();
    queue.pop();
  }
}

// B14: first in, first out, over many chunks.
TEST(CallbackQueue, IsFirstInFirstOut) {
  callback_queue queue;
  std::vector<int> seen;
  std::vector<int> expected(100000);
  std::iota(expected.begin(), expected.end(), 0);
  for (const int number : expected) queue.push([&seen, number] { seen.push_back(number); }, {});
  EXPECT_EQ(queue.size(), expected.size());
  run_all(queue);
  EXPECT_EQ(seen, expected);
}

TEST(CallbackQueue, KeepsTheCallbackThatRunsInPlaceWhileItPushes) {
  callback_queue queue;
  int calls = 0;
  queue.push(
      [&, mine = std::make_unique<int>(42)] {
        for (int more = 0; more < 1000; ++more) queue.push([&] { ++calls; }, {});
        EXPECT_EQ(*mine, 42);
      },
      {});
  run_all(queue);
  EXPECT_EQ(calls, 1000);
}

struct pushes_at_end {
  pushes_at_end(callback_queue& into, int& counted) : queue(&into), count(&counted) {}
  pushes_at_end(pushes_at_end&& other) noexcept
      : queue(std::exchange(other.queue, nullptr)), count(other.count) {}
  ~pushes_at_end() {
    if (queue) queue->push([counted = count] { ++*counted; }, {});
  }
  void operator()() const {}
  callback_queue* queue;
  int* count;
};

TEST(CallbackQueue, TakesWhatACallbackPushesAsItIsDestroyed) {
  for (int before : {0, 254, 255, 256, 511}) {
    callback_queue queue;
    int calls = 0;
    for (int filler = 0; filler < before; ++filler) queue.push([] {}, {});
    queue.push(pushes_at_end(queue, calls), {});
    run_all(queue);
    EXPECT_EQ(calls, 1) << before;
    queue.push(pushes_at_end(queue, calls), {});
    queue.clear();
    EXPECT_TRUE(queue.empty());
  }
}

TEST(CallbackQueue, LetsGoOfCallbackAndContextAtOnce) {
  callback_queue queue;
  const auto counted = std::make_shared<int>(0);
  const auto held = context::make({});
  queue.push([counted] {}, held);
  EXPECT_EQ(queue.front().context, held);
  queue.pop();
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(CallbackQueue, DestroysWhatWaits) {
  const auto counted = std::make_shared<int>(0);
  {
    callback_queue queue;
    for (int each = 0; each < 1000; ++each) queue.push([counted] {}, {});
  }
  EXPECT_EQ(counted.use_count(), 1);
}

}  // namespace
