#include <trireme/proto/sealed.hpp>

#include <gtest/gtest.h>
#include <trireme/test/v1/echo.pb.h>

#include <optional>
#include <string>
#include <thread>
#include <trireme/actors/pool.hpp>
#include <trireme/core/sendable.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/proto/codec.hpp>
#include <vector>

namespace trireme::proto {
namespace {

using test::v1::Text;
using test::v1::Times;
using trireme::testing::test_loop;

static_assert(sendable<sealed<Text>>);
static_assert(!std::is_copy_constructible_v<sealed<Text>>);
static_assert(!sendable<arena_shelf>);

void destroy_elsewhere(sealed<Text> held) {
  std::thread([held = std::move(held)] {}).join();
}

class Sealed : public ::testing::Test {
protected:
  test_loop owner;
  arena_shelf shelf{owner, 2};
};

TEST_F(Sealed, HoldsAMessageInAnArenaOfItsShelf) {
  auto held = sealed<Text>::make(shelf);
  EXPECT_NE(held->GetArena(), nullptr);
  EXPECT_EQ(held->text(), "");
  EXPECT_EQ(shelf.lent(), 1u);
  EXPECT_EQ(shelf.waiting(), 0u);
}

TEST_F(Sealed, GoesHomeAtOnceOnItsLoopsThreadAndIsUsedAgain) {
  auto first = sealed<Text>::make(shelf);
  const auto* const arena = first->GetArena();
  first->set_text(std::string(10'000, 'x'));
  first = {};
  EXPECT_EQ(shelf.lent(), 0u);
  EXPECT_EQ(shelf.waiting(), 1u);
  auto second = sealed<Times>::make(shelf);
  EXPECT_EQ(second->GetArena(), arena);
  EXPECT_EQ(second->text(), "");
}

TEST_F(Sealed, GoesHomeByItsLoopFromAnotherThread) {
  destroy_elsewhere(sealed<Text>::make(shelf));
  EXPECT_EQ(shelf.lent(), 1u);
  owner.poll();
  EXPECT_EQ(shelf.lent(), 0u);
  EXPECT_EQ(shelf.waiting(), 1u);
}

TEST_F(Sealed, IsFreedWhereTheShelfIsFullAndCounted) {
  std::vector<sealed<Text>> held;
  for (int each = 0; each < 5; ++each) held.push_back(sealed<Text>::make(shelf));
  held.clear();
  EXPECT_EQ(shelf.waiting(), 2u);
  EXPECT_EQ(shelf.lent(), 0u);
  EXPECT_EQ(owner.counters().get("proto.arena_shelf.full").value(), 3);
}

TEST_F(Sealed, IsEmptyWhereItWasMovedFrom) {
  auto first = sealed<Text>::make(shelf);
  EXPECT_TRUE(first);
  const sealed<Text> second = std::move(first);
  EXPECT_FALSE(first);
  EXPECT_TRUE(second);
  EXPECT_FALSE(sealed<Text>());
}

TEST_F(Sealed, IsAnsweredInItsOwnArenaAndStaysReadable) {
  auto request = sealed<Times>::make(shelf);
  request->set_count(7);
  const Times& asked = *request;
  auto reply = std::move(request).sibling<Text>();
  EXPECT_FALSE(request);
  EXPECT_EQ(reply->GetArena(), asked.GetArena());
  reply->mutable_inner()->set_number(asked.count());
  EXPECT_EQ(reply->inner().number(), 7u);
  EXPECT_EQ(shelf.lent(), 1u);
}

TEST_F(Sealed, IsReadFromBytesAndWrittenAsAnyMessage) {
  auto held = sealed<Text>::make(shelf);
  EXPECT_TRUE(decode(encoding::json, R"({"text":"a","inner":{"number":3}})", *held));
  std::string bytes;
  encode(encoding::json, *held, bytes);
  EXPECT_EQ(bytes, R"({"text":"a","inner":{"number":3}})");
}

TEST(SealedOnAWorker, ComesBackWithWhatAWorkerWroteInItsArena) {
  loop owner;
  arena_shelf shelf(owner);
  actors::pool workers(owner);
  std::size_t length = 0;
  // As in the README.
  auto request = sealed<Times>::make(shelf);
  request->set_text("n");
  request->set_count(1000);
  workers.run_then([&](const error&, sealed<Text> reply) { length = reply->text().size(); },
                   [](sealed<Times> given) {
                     const Times& asked = *given;
                     auto made = std::move(given).sibling<Text>();  // the reply, in the same arena
                     for (std::uint32_t left = asked.count(); left > 0; --left)
                       *made->mutable_text() += asked.text();
                     return made;
                   },
                   std::move(request));
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(length, 1000u);
  EXPECT_EQ(shelf.lent(), 0u);
  EXPECT_EQ(shelf.waiting(), 1u);
}

TEST(SealedsEnd, IsFreedWhereItIsOnceShelfAndLoopHaveGone) {
  sealed<Text> here, elsewhere, on_the_way;
  {
    test_loop owner;
    arena_shelf shelf(owner);
    here = sealed<Text>::make(shelf);
    elsewhere = sealed<Text>::make(shelf);
    on_the_way = sealed<Text>::make(shelf);
    destroy_elsewhere(std::move(on_the_way));  // its post is left unread by the loop
  }
  here->set_text(std::string(10'000, 'x'));
  destroy_elsewhere(std::move(elsewhere));
}

TEST(SealedsEnd, IsFreedWhereItsShelfWentBeforeItsLoop) {
  test_loop owner;
  std::optional<arena_shelf> shelf(std::in_place, owner);
  auto here = sealed<Text>::make(*shelf);
  auto elsewhere = sealed<Text>::make(*shelf);
  shelf.reset();
  here = {};
  destroy_elsewhere(std::move(elsewhere));
  owner.poll();
}

TEST(SealedsEnd, IsFreedWhereItsLoopTakesNoMoreAndLentNoLonger) {
  loop_options options;
  options.inbox_limit = 1;
  test_loop owner(options);
  arena_shelf shelf(owner);
  for (int each = 0; each < 3; ++each) destroy_elsewhere(sealed<Text>::make(shelf));
  EXPECT_EQ(shelf.lent(), 1u);
  owner.poll();
  EXPECT_EQ(shelf.lent(), 0u);
  EXPECT_EQ(shelf.waiting(), 1u);
}

TEST(SealedsOfManyThreads, AllGoHome) {
  loop owner;
  arena_shelf shelf(owner, 8);
  actors::pool workers(owner);
  std::uint64_t sum = 0;
  for (std::uint32_t job = 0; job < 2000; ++job) {
    auto given = sealed<Times>::make(shelf);
    given->set_count(job);
    workers.run_then(
        [&](const error&, sealed<Times> back) { sum += back ? back->count() : 0; },
        [](sealed<Times> held) { return held->count() % 2 == 0 ? std::move(held) : sealed<Times>(); },
        std::move(given));
  }
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(sum, 999'000u);
  EXPECT_EQ(shelf.lent(), 0u);
  EXPECT_EQ(shelf.waiting(), 8u);
}

}  // namespace
}  // namespace trireme::proto
