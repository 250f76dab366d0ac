#include <trireme/transport/detail/send_queue.hpp>

#include <gtest/gtest.h>

#include <array>
#include <support/counting_new.hpp>

namespace trireme::transport::detail {
namespace {

/// Takes up to `most` bytes out of the queue, as a kernel would.
std::string take(send_queue& from, std::size_t most, std::size_t room = 8) {
  std::array<iovec, 64> parts;
  const std::size_t count = from.gather(std::span(parts).first(room));
  std::string taken;
  for (std::size_t each = 0; each < count; ++each) {
    taken.append(static_cast<const char*>(parts[each].iov_base), parts[each].iov_len);
  }
  taken.resize(std::min(most, taken.size()));
  from.sent(taken.size());
  return taken;
}

TEST(SendQueue, GivesWhatWasAppendedInOrderHoweverItIsTaken) {
  for (std::size_t step = 1; step < 40; ++step) {
    send_queue queue;
    std::string expected;
    std::string taken;
    for (int round = 0; round < 5; ++round) {
      queue.own().append("own").append(std::to_string(round));
      queue.append(shared_bytes("shared" + std::to_string(round)));
      queue.append(shared_bytes("behind it"));
      expected += "own" + std::to_string(round) + "shared" + std::to_string(round) + "behind it";
      taken += take(queue, step);
    }
    queue.own() += "end";
    expected += "end";
    EXPECT_EQ(queue.size(), expected.size() - taken.size());
    while (queue.size() > 0) taken += take(queue, step, 3);
    EXPECT_EQ(taken, expected) << step;
    EXPECT_FALSE(queue.shares());
  }
}

TEST(SendQueue, LetsGoOfWhatHasBeenSent) {
  const auto owner = std::make_shared<const std::string>("0123456789");
  send_queue queue;
  queue.append(shared_bytes(owner, *owner));
  queue.append(shared_bytes("more"));
  take(queue, 9);
  EXPECT_EQ(owner.use_count(), 2);
  take(queue, 1);
  EXPECT_EQ(owner.use_count(), 1);
  EXPECT_EQ(queue.size(), 4u);
  take(queue, 4);
  queue.restart();
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.own(), "");
}

TEST(SendQueue, HoldsNoMoreThanWaitsThoughSomethingAlwaysDoes) {
  send_queue queue;
  const std::string piece(10'000, 'x');
  queue.own() += piece;
  for (int round = 0; round < 10'000; ++round) {
    queue.own() += piece;
    if (round % 3 == 0) queue.append(shared_bytes(piece));
    queue.sent(queue.size() - 5'000);
    ASSERT_EQ(queue.size(), 5'000u);
  }
  EXPECT_LT(queue.own().capacity(), 1'000'000u);
}

TEST(SendQueue, KeepsTheOrderWhileItForgetsWhatHasBeenSent) {
  send_queue queue;
  std::string expected;
  std::string taken;
  for (int round = 0; round < 400; ++round) {
    const std::string own(1000, static_cast<char>('a' + round % 26));
    const std::string shared(4, static_cast<char>('A' + round % 26));
    queue.own() += own;
    queue.append(shared_bytes(shared));
    expected += own + shared;
    if (round >= 40) taken += take(queue, 1004);
  }
  EXPECT_LT(queue.own().size(), 300'000u) << "it has forgotten";
  while (queue.size() > 0) taken += take(queue, 1004);
  EXPECT_EQ(taken, expected);
}

TEST(SendQueue, IsSmallAgainOnceManyPayloadsHaveBeenSent) {
  const shared_bytes payload("0123456789");
  send_queue queue;
  for (int each = 0; each < 1000; ++each) queue.append(payload);
  queue.sent(queue.size());
  const std::size_t before = testing::allocations;
  queue.append(payload);
  EXPECT_EQ(testing::allocations - before, 1u) << "what the many needed has been given back";
}

}  // namespace
}  // namespace trireme::transport::detail
