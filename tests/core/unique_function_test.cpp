#include <trireme/core/unique_function.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace {

using trireme::unique_function;

TEST(UniqueFunction, IsEmptyAtFirst) {
  unique_function<void()> empty;
  EXPECT_FALSE(empty);
  EXPECT_FALSE(unique_function<void()>(nullptr));
}

TEST(UniqueFunction, CallsWhatItHolds) {
  unique_function<int(int, int)> add = [](int left, int right) { return left + right; };
  EXPECT_EQ(add(2, 3), 5);
}

TEST(UniqueFunction, HoldsWhatOnlyMoves) {
  unique_function<int()> held = [box = std::make_unique<int>(4)] { return *box; };
  auto moved = std::move(held);
  EXPECT_FALSE(held);
  EXPECT_EQ(moved(), 4);
}

TEST(UniqueFunction, HoldsLargeCallables) {
  std::array<std::string, 8> texts;
  texts.fill("a text that is too long to lie within its string object");
  unique_function<std::string()> held = [texts] { return texts[7]; };
  auto moved = std::move(held);
  unique_function<std::string()> assigned;
  assigned = std::move(moved);
  EXPECT_EQ(assigned(), texts[7]);
}

TEST(UniqueFunction, DestroysWhatItHoldsOnce) {
  auto guard = std::make_shared<int>(0);
  {
    unique_function<void()> held = [guard] {};
    unique_function<void()> moved = std::move(held);
    EXPECT_EQ(guard.use_count(), 2);
    moved = [] {};
    EXPECT_EQ(guard.use_count(), 1);
    moved = [guard] {};
    moved.reset();
    EXPECT_EQ(guard.use_count(), 1);
    held = [guard] {};
  }
  EXPECT_EQ(guard.use_count(), 1);
}

TEST(UniqueFunction, TakesAFunctionThatItHoldsItself) {
  struct node {
    unique_function<int()> next;
  };
  auto owned = std::make_unique<node>();
  node& inner = *owned;
  inner.next = [text = std::string("a text too long to lie within its string object")] {
    return static_cast<int>(text.size());
  };
  unique_function<int()> held = [owned = std::move(owned)] { return 0; };
  held = std::move(inner.next);
  EXPECT_EQ(held(), 47);
}

TEST(UniqueFunction, KeepsWhatItHoldsWhereItIsAssignedToItself) {
  unique_function<int()> held = [box = std::make_unique<int>(4)] { return *box; };
  auto& same = held;
  held = std::move(same);
  EXPECT_EQ(held(), 4);
}

TEST(UniqueFunction, PassesReferencesAndMoveOnlyArgumentsThrough) {
  unique_function<void(std::unique_ptr<int>, int&)> store = [](std::unique_ptr<int> from, int& to) {
    to = *from;
  };
  int seen = 0;
  store(std::make_unique<int>(6), seen);
  EXPECT_EQ(seen, 6);
}

TEST(UniqueFunction, ThatReturnsNothingDropsWhatTheCallableReturns) {
  int calls = 0;
  unique_function<void()> inside = [&] { return ++calls; };
  std::array<char, 64> large{};
  unique_function<void(int)> outside = [&calls, large](int by) { return calls += by + large[0]; };
  inside();
  outside(2);
  EXPECT_EQ(calls, 3);
}

}  // namespace
