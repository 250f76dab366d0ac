#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <trireme/core/completion.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace trireme {
namespace {

using testing::order;
using testing::test_loop;

void length(loop& owner, std::string text, completion<std::size_t> done) {
  owner.set_immediate([text = std::move(text), done = std::move(done)]() mutable {
    if (text.empty()) return done.reject(errc::closed);
    done.resolve(text.size());
  });
}
void length(loop& owner, std::string text, callback_of<std::size_t> done) {
  length(owner, std::move(text), completion<std::size_t>(owner, std::move(done)));
}
promise<std::size_t> length(loop& owner, std::string text) {
  return with_promise<std::size_t>(owner,
                                   [&](auto done) { length(owner, std::move(text), std::move(done)); });
}

TEST(Completion, BringsAnOutcomeToACallbackAPromiseAndACoroutine) {
  test_loop loop;
  order seen;
  length(loop, "abc", [&](const error& failure, std::size_t size) {
    seen("callback " + failure.message() + std::to_string(size));
  });
  length(loop, "abcd").then([&](std::size_t size) { seen("promise " + std::to_string(size)); }).detach();
  const auto work = [&]() -> task<void> {
    const std::size_t size = co_await length(loop, "abcde");
    seen("task " + std::to_string(size));
  };
  auto running = work();
  loop.run();
  EXPECT_EQ(seen, (order{"callback " + error().message() + "3", "promise 4", "task 5"}));
}

TEST(Completion, BringsAnErrorToACallbackFirstWithADefaultMadeValue) {
  test_loop loop;
  error got;
  std::size_t value = 7;
  length(loop, "", [&](const error& failure, std::size_t size) {
    got = failure;
    value = size;
  });
  loop.run();
  EXPECT_EQ(got, error(errc::closed));
  EXPECT_EQ(value, 0u);
}

TEST(Completion, DroppedWithoutAnOutcomeTellsItsCallback) {
  test_loop loop;
  error got;
  {
    const completion<void> dropped(loop, [&](const error& failure) { got = failure; });
  }
  EXPECT_FALSE(got) << "not from within the drop";
  loop.run();
  EXPECT_EQ(got, error(errc::broken_promise));
}

TEST(Completion, DroppedByItsLoopIsNotCalled) {
  bool called = false;
  {
    test_loop loop;
    length(loop, "abc", [&](const error&, std::size_t) { called = true; });
  }
  EXPECT_FALSE(called);
}

TEST(Completion, CallsUnderTheContextItWasGivenIn) {
  test_loop loop;
  const context_ptr mine = context::make({});
  bool same = false;
  loop.run_in(mine,
              [&] { length(loop, "a", [&](const error&, std::size_t) { same = loop.current() == mine; }); });
  loop.run();
  EXPECT_TRUE(same);
}

TEST(Completion, GivesWhatACallbackThrowsToOnUncaught) {
  test_loop loop;
  std::string text;
  loop.on_uncaught([&](const error& failure) { text = failure.message(); });
  length(loop, "a", [](const error&, std::size_t) { throw std::runtime_error("thrown"); });
  loop.run();
  EXPECT_EQ(text, "thrown");
}

TEST(Completion, MayBeDestroyedByACallbackThatThrows) {
  test_loop loop;
  std::string text;
  loop.on_uncaught([&](const error& failure) { text = failure.message(); });
  std::unique_ptr<completion<int>> held;
  held = std::make_unique<completion<int>>(loop, [&](const error&, int) {
    held.reset();
    throw std::runtime_error("thrown");
  });
  loop.set_immediate([&] { held->resolve(1); });
  loop.run();
  EXPECT_FALSE(held);
  EXPECT_EQ(text, "thrown");
}

}  // namespace
}  // namespace trireme
