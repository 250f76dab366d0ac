#include <trireme/core/detail/recycler.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <support/counting_new.hpp>
#include <thread>
#include <vector>

namespace {

using trireme::detail::recycled_allocate;
using trireme::detail::recycled_free;
using trireme::testing::allocations;
using trireme::testing::given_back_of_all;

constexpr std::size_t size = 64;
constexpr std::size_t many = 10'000;  // more than a thread keeps

std::vector<void*> take_many() {
  std::vector<void*> blocks;
  blocks.reserve(many);
  for (std::size_t each = 0; each < many; ++each) blocks.push_back(recycled_allocate(size));
  return blocks;
}

// One thread that only allocates, and one that only frees: as a loop that only sends, and its worker.
TEST(Recycler, GivesOneThreadWhatAnotherHasFreed) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "nothing is recycled under AddressSanitizer";
#endif
  const std::vector<void*> blocks = take_many();
  std::atomic<bool> freed{false}, over{false};
  std::thread frees([&] {
    for (void* const block : blocks) recycled_free(block, size);
    freed = true;
    while (!over) std::this_thread::yield();
  });
  while (!freed) std::this_thread::yield();
  const std::size_t before = allocations;
  const std::vector<void*> again = take_many();
  const std::size_t from_heap = allocations - before;
  over = true;
  frees.join();
  EXPECT_LT(from_heap, many / 2) << "all but what the other thread keeps";
  for (void* const block : again) recycled_free(block, size);
}

TEST(Recycler, GivesEachBlockToOneOwnerWhateverThreadsFreeIt) {
  constexpr int rounds = 20;
  std::atomic<std::size_t> broken{0};
  const auto work = [&](std::size_t mark) {
    for (int round = 0; round < rounds; ++round) {
      const std::vector<void*> blocks = take_many();
      for (void* const block : blocks) *static_cast<std::size_t*>(block) = mark;
      for (void* const block : blocks) broken += *static_cast<std::size_t*>(block) != mark;
      std::thread frees([&] {
        for (void* const block : blocks) recycled_free(block, size);
      });
      frees.join();
    }
  };
  std::thread other(work, 1);
  work(2);
  other.join();
  EXPECT_EQ(broken, 0u);
}

TEST(Recycler, KeepsNoMoreThanItSays) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "nothing is recycled under AddressSanitizer";
#endif
  constexpr std::size_t large = 2048;
  constexpr std::size_t count = (3 << 20) / large;
  constexpr std::size_t kept = ((256 << 10) + (1 << 20)) / large;  // by the thread, and between threads
  std::vector<void*> blocks;
  for (std::size_t each = 0; each < count; ++each) blocks.push_back(recycled_allocate(large));
  const std::size_t before = given_back_of_all;
  for (void* const block : blocks) recycled_free(block, large);
  EXPECT_GE(given_back_of_all - before, count - kept);
}

TEST(Recycler, LeavesLargeBlocksToTheHeap) {
  const std::size_t before = allocations;
  void* const block = recycled_allocate(2049);
  EXPECT_EQ(allocations - before, 1u);
  recycled_free(block, 2049);
}

}  // namespace
