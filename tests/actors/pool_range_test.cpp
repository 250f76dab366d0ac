#include <trireme/actors/pool_verbs.hpp>

#include <list>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <trireme/core/task.hpp>
#include <vector>

#include "pool_fixture.hpp"

namespace trireme::actors {
namespace {

using trireme::testing::order;
using trireme::testing::test_loop;

int square(int value) { return value * value; }

std::vector<int> up_to(int last) {
  std::vector<int> made(static_cast<std::size_t>(last));
  std::iota(made.begin(), made.end(), 1);
  return made;
}
std::vector<int> squares_up_to(int last) {
  std::vector<int> made = up_to(last);
  for (int& each : made) each = square(each);
  return made;
}

class PoolRange : public testing::by_hand {};

TEST_F(PoolRange, MapsEveryItemInOrderWhateverTheChunk) {
  pool& subject = make(options(2));
  for (const std::size_t chunk : {0u, 1u, 7u, 100u, 1'000u}) {
    std::vector<int> seen;
    subject.map(up_to(100), square, chunk)
        .then([&](std::vector<int> all) { seen = std::move(all); })
        .detach();
    host.settle(loop);
    EXPECT_EQ(seen, squares_up_to(100)) << chunk;
  }
}

TEST_F(PoolRange, CopiesWhatAViewShows) {
  pool& subject = make(options(2));
  std::vector<std::string> words{"oar", "mast"};
  std::vector<std::size_t> seen;
  const auto note = [&](const std::vector<std::size_t>& all) { seen = all; };
  const auto length = [](const std::string& word) { return word.size(); };
  subject.map(std::span(words), length).then(note).detach();
  host.settle(loop);
  EXPECT_EQ(seen, (std::vector<std::size_t>{3, 4}));
  EXPECT_EQ(words, (std::vector<std::string>{"oar", "mast"}));
}

TEST_F(PoolRange, TakesAnyRangeAndMovesItemsThatDoNotCopy) {
  pool& subject = make(options(2));
  int sum = 0;
  subject.map(std::list<int>{1, 2, 3, 4}, square)
      .then([&](const std::vector<int>& all) { sum = std::accumulate(all.begin(), all.end(), 0); })
      .detach();
  std::vector<std::unique_ptr<int>> owned;
  owned.push_back(std::make_unique<int>(5));
  int seen = 0;
  subject.map(std::move(owned), [](std::unique_ptr<int> item) { return *item; })
      .then([&](const std::vector<int>& all) { seen = all.at(0); })
      .detach();
  host.settle(loop);
  EXPECT_EQ(sum, 30);
  EXPECT_EQ(seen, 5);
}

TEST_F(PoolRange, IsThereAlsoForCallbacksAndForNothing) {
  pool& subject = make(options());
  int touched = 0;
  subject.map(up_to(3), square, 0, [&](const error& failure, const std::vector<int>& all) {
    EXPECT_FALSE(failure);
    log(std::to_string(all.size()) + " mapped");
  });
  host.settle(loop);
  subject.for_each(up_to(3), [&](int value) { touched += value; }).then([&] { log("each"); }).detach();
  host.settle(loop);
  subject.for_each(
      up_to(3), [&](int value) { touched += value; }, 2, [&](const error&) { log("each, called"); });
  host.settle(loop);
  EXPECT_EQ(touched, 12);
  EXPECT_EQ(log, (order{"3 mapped", "each", "each, called"}));
}

TEST_F(PoolRange, EndsWithAnEmptyRangeInATick) {
  pool& subject = make(options());
  subject.map(std::vector<int>(), square, 0, [&](const error& failure, const std::vector<int>& all) {
    EXPECT_TRUE(!failure && all.empty());
    log("called");
  });
  EXPECT_TRUE(log.events().empty());
  loop.poll();
  EXPECT_EQ(log, (order{"called"}));
}

TEST_F(PoolRange, KeepsTwoJobsForEachWorkerUnderWayAndNoMore) {
  pool& subject = make(options(2));
  subject
      .for_each(
          up_to(1'000), [](int) {}, 1)
      .detach();
  EXPECT_EQ(subject.outstanding(), 4u);
  host.settle(loop);
  EXPECT_EQ(subject.outstanding(), 0u);
}

TEST_F(PoolRange, FailsWithTheFirstErrorAndStopsTheOthers) {
  pool& subject = make(options());
  int called = 0;
  const auto refuses_three = [&](int value) {
    ++called;
    if (value == 3) throw std::runtime_error("three");
    return value;
  };
  std::string seen;
  subject.map(up_to(100), refuses_three, 1)
      .then([](const std::vector<int>&) {}, [&](const error& failure) { seen = failure.message(); })
      .detach();
  host.settle(loop);
  EXPECT_EQ(seen, "three");
  EXPECT_LE(called, 4);
  EXPECT_EQ(subject.outstanding(), 0u);
}

TEST_F(PoolRange, StopsWithTheContextOfTheCaller) {
  pool& subject = make(options());
  const context_ptr request = context::make({});
  error seen;
  loop.run_in(request, [&] {
    subject.map(up_to(100), square, 1)
        .then([](const std::vector<int>&) {}, [&](const error& failure) { seen = failure; })
        .detach();
  });
  request->request_stop(errc::timed_out);
  host.settle(loop);
  EXPECT_EQ(seen, error(errc::timed_out));
}

TEST_F(PoolRange, IsCanceledWithItsPool) {
  pool& subject = make(options());
  subject.for_each(
      up_to(100), [](int) {}, 1, note("each"));
  workers.reset();
  loop.run();
  EXPECT_EQ(log, (order{"each: " + error(errc::canceled).message()}));
}

TEST(PoolRangeThreads, MapManyItemsOnce) {
  test_loop loop;
  pool_options how;
  how.workers = 3;
  pool workers(loop, how);
  std::vector<int> seen;
  workers.map(up_to(20'000), square, 16).then([&](std::vector<int> all) { seen = std::move(all); }).detach();
  loop.run();
  EXPECT_EQ(seen, squares_up_to(20'000));
}

TEST_F(PoolRange, WaitsForPlacesWhereThePoolIsSmallerOrOthersFilledIt) {
  pool_options how = options(4);
  how.queue_limit = 3;
  pool& subject = make(how);
  for (std::size_t each = 0; each < 7; ++each) subject.run_then(nobody(), [] {});
  const std::vector<int> numbers(100, 1);
  subject.map(
      numbers, [](int number) { return number; }, 0,
      [this](const error& failure, const std::vector<int>& all) {
        log(failure ? failure.message() : std::to_string(all.size()));
      });
  host.settle(loop);
  EXPECT_EQ(log, (order{"100"}));
}

}  // namespace
}  // namespace trireme::actors
