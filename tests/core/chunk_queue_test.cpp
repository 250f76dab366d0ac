#include <trireme/core/detail/chunk_queue.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trireme::detail {
namespace {

void push_numbers(chunk_queue& queue, int how_many) {
  for (int each = 0; each < how_many; ++each) queue.push(shared_bytes(std::to_string(each)));
}

TEST(ChunkQueue, GivesChunksInOrderWhileItGrowsAndTurnsRound) {
  chunk_queue queue;
  int pushed = 0;
  int popped = 0;
  for (int round = 1; round < 200; ++round) {
    for (int each = 0; each < 3; ++each) queue.push(shared_bytes(std::to_string(pushed++)));
    for (int each = 0; each < 2; ++each) ASSERT_EQ(queue.pop().view(), std::to_string(popped++));
  }
  EXPECT_EQ(queue.count(), static_cast<std::size_t>(pushed - popped));
  while (!queue.empty()) ASSERT_EQ(queue.pop().view(), std::to_string(popped++));
}

TEST(ChunkQueue, KeepsRoomForSixtyFourAndGivesMoreBack) {
  chunk_queue queue;
  push_numbers(queue, 64);
  while (!queue.empty()) queue.pop();
  EXPECT_EQ(queue.room(), 64u);
  push_numbers(queue, 1000);
  EXPECT_EQ(queue.room(), 1024u);
  while (!queue.empty()) queue.pop();
  EXPECT_EQ(queue.room(), 0u);
  push_numbers(queue, 1000);
  queue.clear();
  EXPECT_EQ(queue.room(), 0u);
  push_numbers(queue, 1);
  EXPECT_EQ(queue.pop().view(), "0");
}

}  // namespace
}  // namespace trireme::detail
