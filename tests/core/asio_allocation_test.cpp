// Awaiting an operation of Asio's allocates nothing in the steady state: counts every call of the global
// operator new and of aligned_alloc.
#include <trireme/core/asio.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <asio/buffer.hpp>
#include <asio/local/connect_pair.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <cstdlib>
#include <new>
#include <trireme/core/testing/test_loop.hpp>

namespace {

std::size_t allocations = 0;

}  // namespace

// Not inline, for g++ would take the pair for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
#if !defined(__SANITIZE_ADDRESS__)
// Asio's way to memory.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  ++allocations;
  void* block = nullptr;
  const std::size_t least = std::max(alignment, sizeof(void*));
  return ::posix_memalign(&block, least, size) == 0 ? block : nullptr;
}
#endif

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::test_loop;
using socket = asio::local::stream_protocol::socket;

constexpr int rounds = 1000;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool counts = false;  // nothing is recycled there
#else
constexpr bool counts = true;
#endif

/// What `work`, a coroutine that calls its argument after each round, allocates in the second half of them.
template <class Work>
std::size_t allocations_late_on(Work work) {
  test_loop loop;
  std::size_t before = 0;
  int round = 0;
  auto each = [&] {
    if (++round == rounds / 2) before = allocations;
    return round < rounds;
  };
  std::size_t after = 0;
  auto running = [](trireme::loop& on, Work& inside, auto& step, std::size_t& end) -> task<void> {
    co_await inside(on, step);
    end = allocations;
  }(loop, work, each, after);
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(round, rounds);
  return counts ? after - before : 0;
}

template <class Step>
task<void> post_often(loop& on, Step& step) {
  do {
    co_await asio::post(on.context(), use_task);
  } while (step());
}
template <class Step>
task<void> wait_often(loop& on, Step& step) {
  asio::steady_timer timer(on.context());
  do {
    timer.expires_after(0ms);
    co_await timer.async_wait(use_task);
  } while (step());
}
template <class Step>
task<void> wait_often_with_result(loop& on, Step& step) {
  asio::steady_timer timer(executor_of(on));
  do {
    timer.expires_after(0ms);
    const auto waited = co_await as_result(timer.async_wait(use_task));
    EXPECT_TRUE(waited.has_value());
  } while (step());
}
template <class Step>
task<void> write_and_read_often(loop& on, Step& step) {
  socket near(on.context());
  socket far(on.context());
  asio::local::connect_pair(near, far);
  std::array<char, 16> bytes{};
  do {
    co_await near.async_write_some(asio::buffer(bytes), use_task);
    co_await far.async_read_some(asio::buffer(bytes), use_task);
  } while (step());
}
template <class Step>
task<void> read_whole_often(loop& on, Step& step) {
  socket near(on.context());
  socket far(on.context());
  asio::local::connect_pair(near, far);
  std::array<char, 16> bytes{};
  do {
    co_await asio::async_write(near, asio::buffer(bytes), use_task);
    co_await asio::async_read(far, asio::buffer(bytes), use_task);
  } while (step());
}
template <class Step>
task<void> promise_often(loop& on, Step& step) {
  asio::steady_timer timer(on.context());
  do {
    timer.expires_after(0ms);
    co_await timer.async_wait(use_promise);
  } while (step());
}

TEST(AsioAllocation, NoneForAPost) {
  EXPECT_EQ(allocations_late_on([](loop& on, auto& step) { return post_often(on, step); }), 0u);
}
TEST(AsioAllocation, NoneForATimer) {
  EXPECT_EQ(allocations_late_on([](loop& on, auto& step) { return wait_often(on, step); }), 0u);
}
TEST(AsioAllocation, NoneForAResult) {
  EXPECT_EQ(allocations_late_on([](loop& on, auto& step) { return wait_often_with_result(on, step); }), 0u);
}
TEST(AsioAllocation, NoneForASocket) {
  EXPECT_EQ(allocations_late_on([](loop& on, auto& step) { return write_and_read_often(on, step); }), 0u);
}
// It keeps a cancellation slot for its inner steps, from the heap outside Asio's own handlers.
TEST(AsioAllocation, OneOfAsiosForAComposedOperation) {
  const auto work = [](loop& on, auto& step) { return read_whole_often(on, step); };
  EXPECT_LE(allocations_late_on(work), 2u * (rounds - rounds / 2));
}
TEST(AsioAllocation, NoneForAPromise) {
  EXPECT_EQ(allocations_late_on([](loop& on, auto& step) { return promise_often(on, step); }), 0u);
}

}  // namespace
