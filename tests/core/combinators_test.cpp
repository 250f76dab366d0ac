#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <trireme/core/all.hpp>
#include <trireme/core/all_settled.hpp>
#include <trireme/core/any.hpp>
#include <trireme/core/map.hpp>
#include <trireme/core/race.hpp>
#include <trireme/core/scope.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

class Combinators : public ::testing::Test {
protected:
  task<int> give(int value, duration after) {
    ++running;
    const guard leaves(running);
    co_await sleep_for(loop, after);
    co_return value;
  }
  task<int> fail(errc reason, duration after) {
    ++running;
    const guard leaves(running);
    co_await sleep_for(loop, after);
    throw error(reason);
  }
  /// Takes its time to stop.
  task<int> stop_slowly(duration cleanup) {
    ++running;
    const guard leaves(running);
    const auto slept = co_await as_result(sleep_for(loop, 1h));
    log(slept.error().message());
    auto closing = promise<void>::resolved(loop);
    co_await std::move(closing);
    auto quiet = loop.run_in({}, [&] { return sleep_for(loop, cleanup).as_promise(); });
    co_await std::move(quiet);
    log("cleaned up");
    co_return 0;
  }
  promise<int> later(int value, duration after) {
    return sleep_for(loop, after).as_promise().then([value] { return value; });
  }
  /// Runs a coroutine to its end and returns the error that left it.
  template <class Work>
  error run(Work work) {
    error failure;
    work().as_promise().or_else([&](const error& reason) { failure = reason; }).detach();
    loop.run();
    return failure;
  }
  duration passed() { return loop.time().now() - time_point(); }

  struct guard {
    explicit guard(int& counted) : count(counted) {}
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard() { --count; }
    int& count;
  };
  test_loop loop;
  order log;
  int running = 0;
};

// A33, A52, C07
TEST_F(Combinators, WaitsForTheSlowestAndNotForTheSum) {
  EXPECT_FALSE(run([this]() -> task<void> {
    for (int each = 0; each < 10; ++each) co_await give(each, 100ms);
    EXPECT_EQ(passed(), 1000ms);
    std::vector<task<int>> parallel;
    for (int each = 0; each < 10; ++each) parallel.push_back(give(each, 100ms));
    const auto values = co_await all(loop, std::move(parallel));
    EXPECT_EQ(passed(), 1100ms);
    EXPECT_EQ(values, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    auto [a, b, c] = co_await all(loop, give(1, 100ms), give(2, 100ms), give(3, 100ms));
    EXPECT_EQ(a + b + c, 6);
    EXPECT_EQ(passed(), 1200ms);
  }));
}

// A34
TEST_F(Combinators, AllKeepsTheOrderOfItsInput) {
  EXPECT_FALSE(run([this]() -> task<void> {
    auto values = all(
        loop, [this] { return give(1, 30ms); }, [this] { return give(2, 10ms); },
        [this] { return later(3, 20ms); });
    EXPECT_EQ(co_await std::move(values), (std::tuple(1, 2, 3)));
    EXPECT_EQ(passed(), 30ms);
  }));
}

// A34, C08
TEST_F(Combinators, AllStopsTheOthersAndWaitsForThem) {
  const error failure = run([this]() -> task<void> {
    auto values = all(
        loop, [this] { return fail(errc::full, 10ms); }, [this] { return stop_slowly(5ms); },
        [this] { return give(3, 1h); }, [this] { return later(4, 1h); });
    const auto ended = co_await as_result(std::move(values));
    EXPECT_EQ(running, 0);
    EXPECT_EQ(passed(), 15ms);
    ended.value();
  });
  EXPECT_EQ(failure, errc::full);
  EXPECT_EQ(log, (order{"canceled", "cleaned up"}));
  EXPECT_EQ(passed(), 15ms);  // no timer is left
}

TEST_F(Combinators, AllOfManyCallables) {
  EXPECT_FALSE(run([this]() -> task<void> {
    std::vector<unique_function<task<int>()>> work;
    for (int each = 0; each < 4; ++each) {
      work.emplace_back([this, each] { return give(each, 10ms * (4 - each)); });
    }
    const auto values = co_await all(loop, std::move(work));
    EXPECT_EQ(values, (std::vector<int>{0, 1, 2, 3}));
    EXPECT_EQ(co_await all(loop, std::vector<unique_function<task<int>()>>()), std::vector<int>());
  }));
}

TEST_F(Combinators, AllStopsTheOthersOfMany) {
  EXPECT_EQ(run([this]() -> task<void> {
              std::vector<unique_function<promise<int>()>> work;
              work.emplace_back([this] { return later(1, 1h); });
              work.emplace_back([this] { return promise<int>::rejected(loop, errc::closed); });
              co_await all(loop, std::move(work));
            }),
            errc::closed);
  EXPECT_EQ(passed(), 0ms);
}

TEST_F(Combinators, AllOfVoid) {
  EXPECT_FALSE(run([this]() -> task<void> {
    const auto pause = [this] { return sleep_for(loop, 10ms).as_promise(); };
    static_assert(std::is_same_v<decltype(all(loop, pause, pause)), task<void>>);
    static_assert(std::is_same_v<decltype(all(loop, pause(), pause())), promise<void>>);
    co_await all(loop, pause, pause);
    co_await all(loop, pause(), pause());
    std::vector<promise<void>> many;
    many.push_back(pause());
    co_await all(loop, std::move(many));
    const auto mixed = co_await all(loop, pause(), give(1, 10ms));
    EXPECT_EQ(std::get<1>(mixed), 1);
    EXPECT_EQ(passed(), 40ms);
  }));
}

TEST_F(Combinators, StartsNothingAfterACallableThatThrows) {
  const error failure = run([this]() -> task<void> {
    auto values = all(
        loop, [this] { return give(1, 1h); }, []() -> task<int> { throw std::runtime_error("at once"); },
        [this] {
          log("started");
          return give(3, 1h);
        });
    co_await std::move(values);
  });
  EXPECT_EQ(failure.message(), "at once");
  EXPECT_EQ(log, order{});
  EXPECT_EQ(passed(), 0ms);
}

TEST_F(Combinators, TellsCallablesOfAStopOfTheCaller) {
  const context_ptr mine = context::make({});
  error failure;
  loop.run_in(mine,
              [&] {
                return all(
                    loop, [this] { return give(1, 1h); }, [this] { return later(2, 1h); });
              })
      .as_promise()
      .then([](const auto&) {}, [&](const error& reason) { failure = reason; })
      .detach();
  loop.set_timeout(5ms, [&] { mine->request_stop(errc::timed_out); });
  loop.run();
  EXPECT_EQ(failure, errc::timed_out);
  EXPECT_EQ(passed(), 5ms);
  EXPECT_EQ(running, 0);
}

TEST_F(Combinators, DropsWhatItStartedWithTheTask) {
  {
    const auto dropped = all(
        loop, [this] { return give(1, 1h); }, [this] { return later(2, 1h); });
    EXPECT_EQ(running, 1);
  }
  EXPECT_EQ(running, 0);
  loop.run();
  EXPECT_EQ(passed(), 0ms);
}

// A34
TEST_F(Combinators, AllSettledTellsHowEachEnded) {
  EXPECT_FALSE(run([this]() -> task<void> {
    const auto outcomes = co_await all_settled(loop, give(1, 10ms), fail(errc::full, 5ms));
    EXPECT_EQ(*std::get<0>(outcomes), 1);
    EXPECT_EQ(std::get<1>(outcomes).error(), errc::full);

    auto called = all_settled(
        loop, [this] { return fail(errc::closed, 5ms); }, [this] { return give(2, 10ms); },
        []() -> task<int> { throw std::runtime_error("at once"); },
        [this] { return sleep_for(loop, 1ms).as_promise(); });
    const auto [failed, given, threw, slept] = co_await std::move(called);
    EXPECT_EQ(failed.error(), errc::closed);
    EXPECT_EQ(*given, 2);
    EXPECT_EQ(threw.error().message(), "at once");
    EXPECT_TRUE(slept);
    EXPECT_EQ(passed(), 20ms);
  }));
}

TEST_F(Combinators, AllSettledOfMany) {
  EXPECT_FALSE(run([this]() -> task<void> {
    std::vector<task<int>> tasks;
    tasks.push_back(give(1, 10ms));
    tasks.push_back(fail(errc::full, 5ms));
    const auto outcomes = co_await all_settled(loop, std::move(tasks));
    EXPECT_EQ(*outcomes.at(0), 1);
    EXPECT_EQ(outcomes.at(1).error(), errc::full);

    std::vector<unique_function<task<int>()>> work;
    work.emplace_back([this] { return fail(errc::closed, 5ms); });
    work.emplace_back([this] { return give(2, 10ms); });
    const auto called = co_await all_settled(loop, std::move(work));
    EXPECT_EQ(called.at(0).error(), errc::closed);
    EXPECT_EQ(*called.at(1), 2);
  }));
}

// A34
TEST_F(Combinators, RaceStopsTheLosersAndWaitsForThem) {
  EXPECT_FALSE(run([this]() -> task<void> {
    auto first = race(
        loop, [this] { return stop_slowly(5ms); }, [this] { return give(2, 10ms); },
        [this] { return later(3, 1h); });
    const int won = co_await std::move(first);
    EXPECT_EQ(won, 2);
    EXPECT_EQ(running, 0);
    EXPECT_EQ(passed(), 15ms);
  }));
  EXPECT_EQ(log, (order{"canceled", "cleaned up"}));
  EXPECT_EQ(passed(), 15ms);
}

TEST_F(Combinators, RaceFailsWithTheFirstToFail) {
  EXPECT_EQ(run([this]() -> task<void> {
              auto first = race(
                  loop, [this] { return fail(errc::full, 10ms); }, [this] { return give(2, 1h); });
              co_await std::move(first);
            }),
            errc::full);
  EXPECT_EQ(passed(), 10ms);
}

TEST_F(Combinators, RaceOfManyAndOfWhatRuns) {
  EXPECT_FALSE(run([this]() -> task<void> {
    std::vector<unique_function<task<int>()>> work;
    work.emplace_back([this] { return give(1, 20ms); });
    work.emplace_back([this] { return give(2, 10ms); });
    EXPECT_EQ(co_await race(loop, std::move(work)), 2);
    EXPECT_EQ(running, 0);
    EXPECT_EQ(co_await race(loop, give(3, 20ms), later(4, 10ms)), 4);
    EXPECT_EQ(running, 1);  // what runs already is not cancelled
  }));
}

TEST_F(Combinators, RaceOfVoid) {
  EXPECT_FALSE(run([this]() -> task<void> {
    co_await race(
        loop, [this] { return sleep_for(loop, 10ms).as_promise(); },
        [this] { return sleep_for(loop, 1h).as_promise(); });
    EXPECT_EQ(passed(), 10ms);
  }));
}

TEST_F(Combinators, RaceOfNothingNeverSettles) {
  const auto never = race(loop, std::vector<promise<int>>());
  never.then([](int) { FAIL(); }).detach();  // goes with the loop
  loop.run();
  EXPECT_FALSE(never.settled());
}

// A34
TEST_F(Combinators, AnyPassesOverFailures) {
  EXPECT_FALSE(run([this]() -> task<void> {
    auto first = any(
        loop, [this] { return fail(errc::full, 1ms); }, [this] { return give(2, 10ms); },
        []() -> task<int> { throw std::runtime_error("at once"); }, [this] { return give(3, 1h); });
    EXPECT_EQ(co_await std::move(first), 2);
    EXPECT_EQ(running, 0);
    EXPECT_EQ(passed(), 10ms);
  }));
}

TEST_F(Combinators, AnyFailsWithTheTextsOfAll) {
  const error failure = run([this]() -> task<void> {
    auto first = any(
        loop, [this] { return fail(errc::full, 10ms); }, [this] { return fail(errc::closed, 5ms); });
    co_await std::move(first);
  });
  EXPECT_EQ(failure, errc::all_failed);
  EXPECT_EQ(failure.message(), "all failed: limit reached; closed");
}

TEST_F(Combinators, AnyTellsAStopOfTheCallerAsSuch) {
  const context_ptr mine = context::make({});
  error failure;
  loop.run_in(mine,
              [&] {
                return any(
                    loop, [this] { return give(1, 1h); }, [this] { return later(2, 1h); });
              })
      .as_promise()
      .then([](int) {}, [&](const error& reason) { failure = reason; })
      .detach();
  mine->request_stop(errc::timed_out);
  loop.run();
  EXPECT_EQ(failure, errc::timed_out);
}

TEST_F(Combinators, AnyBoundsTheTexts) {
  std::vector<unique_function<task<int>()>> work;
  for (int each = 0; each < 100; ++each) work.emplace_back([this] { return fail(errc::full, 1ms); });
  const error failure = run([&, this]() -> task<void> { co_await any(loop, std::move(work)); });
  EXPECT_EQ(failure, errc::all_failed);
  EXPECT_TRUE(failure.message().ends_with("limit reached; and 84 more")) << failure.message();
}

TEST_F(Combinators, AnyOfTasksThatRun) {
  EXPECT_FALSE(run([this]() -> task<void> {
    EXPECT_EQ(co_await any(loop, fail(errc::full, 1ms), give(2, 5ms)), 2);
    std::vector<task<int>> tasks;
    tasks.push_back(give(3, 1ms));
    EXPECT_EQ(co_await any(loop, std::move(tasks)), 3);
  }));
}

// A33
TEST_F(Combinators, MapKeepsOrderAndLimit) {
  int most = 0;
  const auto square = [&](int item) -> task<int> {
    most = std::max(most, running + 1);
    return give(item * item, (item % 2 == 0 ? 20ms : 10ms));
  };
  EXPECT_FALSE(run([&, this]() -> task<void> {
    const std::vector<int> items{1, 2, 3, 4, 5};
    const auto values = co_await map(loop, items, 2, square);
    EXPECT_EQ(values, (std::vector<int>{1, 4, 9, 16, 25}));
    EXPECT_EQ(passed(), 40ms);
  }));
  EXPECT_EQ(most, 2);
}

TEST_F(Combinators, MapOfPromisesAndOfVoid) {
  const std::vector<std::string> names{"a", "b"};
  EXPECT_FALSE(run([&, this]() -> task<void> {
    std::vector<std::unique_ptr<int>> boxes;
    boxes.push_back(std::make_unique<int>(7));
    const auto unpack = [this](std::unique_ptr<int> box) { return later(*box, 1ms); };
    EXPECT_EQ(co_await map(loop, std::move(boxes), 100, unpack), std::vector<int>(1, 7));
    co_await map(loop, names, 1, [this](const std::string& name) {
      log(name);
      return sleep_for(loop, 1ms).as_promise();
    });
    const auto none = co_await map(loop, std::vector<int>(), 1, [this](int) { return give(1, 1ms); });
    EXPECT_TRUE(none.empty());
  }));
  EXPECT_EQ(log, (order{"a", "b"}));
  EXPECT_EQ(passed(), 3ms);
}

// A34
TEST_F(Combinators, MapStopsAtTheFirstError) {
  int started = 0;
  const auto work = [&](int item) -> task<int> {
    ++started;
    if (item == 2) return fail(errc::full, 5ms);
    return give(item, item == 1 ? 1ms : duration(1h));
  };
  const error failure = run([&, this]() -> task<void> {
    const std::vector<int> items{1, 2, 3, 4, 5};
    const auto ended = co_await as_result(map(loop, items, 2, work));
    EXPECT_EQ(running, 0);
    ended.value();
  });
  EXPECT_EQ(failure, errc::full);
  EXPECT_EQ(started, 3);
  EXPECT_EQ(passed(), 5ms);
}

TEST_F(Combinators, MapStartsNothingAfterAStop) {
  int started = 0;
  const auto work = [&](int) {
    ++started;
    return promise<int>::resolved(loop, 1);
  };
  const context_ptr mine = context::make({});
  error failure;
  loop.run_in(mine, [&] { return map(loop, std::vector<int>(100), 1, work); })
      .as_promise()
      .then([](const auto&) {}, [&](const error& reason) { failure = reason; })
      .detach();
  mine->request_stop(errc::closed);
  loop.run();
  EXPECT_EQ(failure, errc::closed);
  EXPECT_EQ(started, 1);
}

TEST_F(Combinators, MapWithoutALimitIsABug) {
  EXPECT_DEATH(static_cast<void>(map(loop, std::vector<int>(), 0, [this](int) { return give(1, 1ms); })),
               "limit > 0");
}

// A58
TEST_F(Combinators, TenThousandPausesTakeAsLongAsOne) {
  EXPECT_FALSE(run([this]() -> task<void> {
    std::vector<task<int>> waits;
    for (int each = 0; each < 10000; ++each) waits.push_back(give(each, 10ms));
    co_await all(loop, std::move(waits));
    EXPECT_EQ(passed(), 10ms);
  }));
}

TEST_F(Combinators, NestsWithoutLosingAStop) {
  const error failure = run([this]() -> task<void> {
    co_await all(
        loop,
        [this] {
          return race(
              loop, [this] { return give(1, 1h); }, [this] { return stop_slowly(1ms); });
        },
        [this] { return fail(errc::full, 5ms); });
  });
  EXPECT_EQ(failure, errc::full);
  EXPECT_EQ(running, 0);
  EXPECT_EQ(passed(), 6ms);
}

}  // namespace
