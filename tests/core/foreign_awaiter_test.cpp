// Awaiters of other libraries, which resume a task by its handle.
#include <gtest/gtest.h>

#include <coroutine>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <trireme/core/sleep.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/task_dump.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

/// Hands out the handle of who awaits it.
struct handed_out {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { *to = handle; }
  void await_resume() const noexcept {}
  std::coroutine_handle<>* to;
};
struct throws_at_once {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) { throw std::runtime_error("thrown"); }
  void await_resume() const noexcept {}
};
struct does_not_suspend {
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<>) noexcept { return false; }
  void await_resume() const noexcept {}
};
struct transfers_to_itself {
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> handle) noexcept { return handle; }
  void await_resume() const noexcept {}
};

task<void> pause(loop& owner) { co_await sleep_for(owner, 1h); }
std::size_t lines_that_run(loop& owner) {
  std::ostringstream out;
  dump_tasks(owner, out);
  const std::string text = out.str();
  std::size_t found = 0;
  for (auto at = text.find("running"); at != std::string::npos; at = text.find("running", at + 1)) ++found;
  return found;
}
/// The task in whose body the caller is.
const detail::coroutine_frame* here() { return detail::running_frame; }

TEST(ForeignAwaiter, LeavesATaskRunningThatItResumes) {
  test_loop loop;
  std::coroutine_handle<> handle;
  bool ran = false;
  const auto work = [&]() -> task<void> {
    co_await handed_out{&handle};
    ran = here() != nullptr && here()->running();
    EXPECT_EQ(lines_that_run(loop), 1u);
    co_await sleep_for(loop, 1ms);
  };
  const auto waiting = work();
  EXPECT_EQ(here(), nullptr);
  handle.resume();
  EXPECT_TRUE(ran);
  EXPECT_EQ(here(), nullptr);
  loop.run();
  EXPECT_TRUE(waiting.done());
}

TEST(ForeignAwaiter, GivesTheTaskBackThatResumedAnother) {
  test_loop loop;
  std::coroutine_handle<> handle;
  const auto awaits = [&]() -> task<void> {
    co_await handed_out{&handle};
    co_await sleep_for(loop, 1ms);
  };
  const auto waiting = awaits();
  std::optional<task<void>> child;
  const auto resumes = [&]() -> task<void> {
    const auto* const self = here();
    handle.resume();
    EXPECT_EQ(here(), self);
    child.emplace(pause(loop));
    EXPECT_EQ(child->frame().parent(), self);
    co_return;
  };
  const auto resuming = resumes();
  EXPECT_TRUE(resuming.done());
  EXPECT_EQ(here(), nullptr);
}

template <class Awaiter>
task<void> await_one(loop&, std::optional<const detail::coroutine_frame*>& after) {
  try {
    co_await Awaiter();
  } catch (const std::runtime_error&) {
  }
  after = here();
}

/// A caller's body goes on after a task that did not suspend after all; each is still whom it was.
template <class Awaiter>
void expect_that_callers_go_on(test_loop& loop) {
  const auto outer = [](trireme::loop& owner) -> task<void> {
    const auto* const self = here();
    std::optional<const detail::coroutine_frame*> inner;
    const auto called = await_one<Awaiter>(owner, inner);
    EXPECT_EQ(inner, &called.frame());
    EXPECT_TRUE(called.done());
    EXPECT_EQ(here(), self);
    co_return;
  };
  const auto running = outer(loop);
  EXPECT_TRUE(running.done());
  EXPECT_EQ(here(), nullptr);
}

TEST(ForeignAwaiter, MayThrowInTheMomentOfSuspension) {
  test_loop loop;
  expect_that_callers_go_on<throws_at_once>(loop);
}
TEST(ForeignAwaiter, MaySayThatItDoesNotSuspend) {
  test_loop loop;
  expect_that_callers_go_on<does_not_suspend>(loop);
}
TEST(ForeignAwaiter, MayTransferToTheTaskItself) {
  test_loop loop;
  expect_that_callers_go_on<transfers_to_itself>(loop);
}

}  // namespace
