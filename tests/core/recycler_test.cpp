#include <trireme/core/detail/recycler.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
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
  const std::size_t begun = allocations;
  const std::vector<void*> blocks = take_many();
  const std::size_t first_time = allocations - begun;
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
  EXPECT_LT(from_heap, first_time / 2) << "all but what the other thread keeps";
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

// Small blocks are cut of pages, which go back as a whole.
TEST(Recycler, KeepsNoMoreThanItSays) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "nothing is recycled under AddressSanitizer";
#endif
  constexpr std::size_t all = std::size_t{4} << 20;
  constexpr std::size_t kept = (256 << 10) + (1 << 20);  // by the thread, and between threads
  for (const std::size_t each : {64, 192, 256, 320, 2048}) {
    std::vector<void*> blocks;
    blocks.reserve(all / each);
    const std::size_t none = allocations;
    for (std::size_t left = all / each; left > 0; --left) blocks.push_back(recycled_allocate(each));
    const std::size_t taken = allocations - none;
    const std::size_t before = given_back_of_all;
    for (void* const block : blocks) recycled_free(block, each);
    EXPECT_GE(given_back_of_all - before, taken * (all - kept) / all - 2) << each;
  }
}

TEST(Recycler, GivesBlocksOfWholeLines) {
  for (const std::size_t each : {1, 64, 65, 128, 200, 256, 300, 2048}) {
    std::vector<void*> blocks;
    for (int count = 0; count < 100; ++count) {
      blocks.push_back(recycled_allocate(each));
#if !defined(__SANITIZE_ADDRESS__)
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(blocks.back()) % 64, 0u) << each;
#endif
      std::memset(blocks.back(), count, each);
    }
    for (int count = 0; count < 100; ++count) {
      const char* const bytes = static_cast<const char*>(blocks[count]);
      EXPECT_EQ(std::count(bytes, bytes + each, static_cast<char>(count)), static_cast<std::ptrdiff_t>(each));
      recycled_free(blocks[count], each);
    }
  }
}

// Objects of the thread's own that go later than its lists do.
TEST(Recycler, ServesAThreadThatEnds) {
  struct late {
    ~late() {
      void* const block = recycled_allocate(size);
      std::memset(block, 1, size);
      recycled_free(block, size);
      recycled_free(kept, size);
    }
    void* kept = nullptr;
  };
  std::thread([] {
    thread_local late last;  // made first, destroyed last
    last.kept = recycled_allocate(size);
  }).join();
}

TEST(Recycler, LeavesLargeBlocksToTheHeap) {
  const std::size_t before = allocations;
  void* const block = recycled_allocate(2049);
  EXPECT_EQ(allocations - before, 1u);
  recycled_free(block, 2049);
}

}  // namespace
