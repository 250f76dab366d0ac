// Which microtask a combinator settles in. Every expected order was printed by Node 20.20.2 for the same
// program, with `Promise.all` for `all` and so on; the numbers are a chain of microtasks that runs along.
#include <gtest/gtest.h>

#include <string>
#include <trireme/core/all.hpp>
#include <trireme/core/all_settled.hpp>
#include <trireme/core/any.hpp>
#include <trireme/core/race.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

class CombinatorsOrder : public ::testing::Test {
protected:
  promise<int> resolved(int value) { return promise<int>::resolved(loop, value); }
  promise<int> rejected(errc reason) { return promise<int>::rejected(loop, reason); }
  static std::vector<promise<int>> list() { return {}; }
  template <class... Promise>
  static std::vector<promise<int>> list(Promise... promises) {
    std::vector<promise<int>> made;
    (made.push_back(std::move(promises)), ...);
    return made;
  }
  auto note(std::string text) {
    return [this, text = std::move(text)](const auto&...) { log(text); };
  }
  /// Logs what `made` rejects with.
  template <class T>
  void note_failure(promise<T> made) {
    std::move(made)
        .then([](const auto&...) {}, [this](const error& reason) { log(reason.message()); })
        .detach();
  }
  /// Logs "1", "2", ... in successive microtasks.
  void count(int last, int number = 1) {
    loop.queue_microtask([this, last, number] {
      log(std::to_string(number));
      if (number < last) count(last, number + 1);
    });
  }
  void expect(const order& expected) {
    loop.run();
    EXPECT_EQ(log, expected);
  }

  test_loop loop;
  order log;
};

// A34
TEST_F(CombinatorsOrder, AllOfTwo) {
  all(loop, list(resolved(1), resolved(2))).then(note("all")).detach();
  count(3);
  expect({"1", "all", "2", "3"});
}
TEST_F(CombinatorsOrder, AllOfDifferentTypes) {
  all(loop, resolved(1), promise<std::string>::resolved(loop, "two")).then(note("all")).detach();
  count(3);
  expect({"1", "all", "2", "3"});
}
TEST_F(CombinatorsOrder, AllRejects) {
  note_failure(all(loop, list(resolved(1), rejected(errc::full), rejected(errc::closed))));
  count(3);
  expect({"1", "limit reached", "2", "3"});
}
TEST_F(CombinatorsOrder, AllOfNothing) {
  all(loop, list()).then(note("all")).detach();
  count(2);
  expect({"all", "1", "2"});
}
TEST_F(CombinatorsOrder, AllOfWhatSettlesLater) {
  auto [later, settle] = make_promise<int>(loop);
  all(loop, list(std::move(later), resolved(2))).then(note("all")).detach();
  loop.set_timeout(1ms, [this, settler = std::move(settle)]() mutable {
    settler.resolve(1);
    count(4);
  });
  expect({"1", "all", "2", "3", "4"});
}
TEST_F(CombinatorsOrder, AllOfAll) {
  all(loop, all(loop, list(resolved(1))), all(loop, list(resolved(2), resolved(3))))
      .then(note("all"))
      .detach();
  count(4);
  expect({"1", "2", "all", "3", "4"});
}
TEST_F(CombinatorsOrder, AllAwaited) {
  const auto work = [this]() -> task<void> {
    auto both = all(loop, list(resolved(1), resolved(2)));
    co_await std::move(both);
    log("all");
  };
  const auto running = work();
  count(3);
  expect({"1", "all", "2", "3"});
}
TEST_F(CombinatorsOrder, AllOfTasks) {
  const auto work = [this](int number) -> task<int> {
    log("start " + std::to_string(number));
    co_await promise<void>::resolved(loop);
    log("end " + std::to_string(number));
    co_return number;
  };
  auto first = work(1);
  auto second = work(2);
  all(loop, std::move(first), std::move(second)).then(note("all")).detach();
  count(4);
  expect({"start 1", "start 2", "end 1", "end 2", "1", "2", "all", "3", "4"});
}
TEST_F(CombinatorsOrder, AllSettled) {
  all_settled(loop, list(resolved(1), rejected(errc::full))).then(note("settled")).detach();
  count(3);
  expect({"1", "settled", "2", "3"});
}
TEST_F(CombinatorsOrder, AllSettledOfNothing) {
  all_settled(loop, list()).then(note("settled")).detach();
  count(2);
  expect({"settled", "1", "2"});
}
TEST_F(CombinatorsOrder, Race) {
  auto never = make_promise<int>(loop);
  race(loop, list(std::move(never.promise), resolved(2), rejected(errc::full))).then(note("race")).detach();
  count(3);
  expect({"1", "race", "2", "3"});
}
TEST_F(CombinatorsOrder, RaceRejects) {
  note_failure(race(loop, list(rejected(errc::full), resolved(2))));
  count(3);
  expect({"1", "limit reached", "2", "3"});
}
TEST_F(CombinatorsOrder, RaceAgainstAChain) {
  race(loop, resolved(1).then([](int) { return 1; }), resolved(2))
      .then([this](int won) { log("race " + std::to_string(won)); })
      .detach();
  count(3);
  expect({"1", "race 2", "2", "3"});
}
TEST_F(CombinatorsOrder, Any) {
  any(loop, list(rejected(errc::full), resolved(2), resolved(3)))
      .then([this](int won) { log("any " + std::to_string(won)); })
      .detach();
  count(3);
  expect({"1", "any 2", "2", "3"});
}
TEST_F(CombinatorsOrder, AnyRejects) {
  note_failure(any(loop, list(rejected(errc::full), rejected(errc::closed))));
  count(3);
  expect({"1", "all failed: limit reached; closed", "2", "3"});
}
TEST_F(CombinatorsOrder, AnyOfNothing) {
  note_failure(any(loop, list()));
  count(2);
  expect({"all failed", "1", "2"});
}
TEST_F(CombinatorsOrder, AllOfThemAtOnce) {
  all(loop, list(resolved(1), resolved(2))).then(note("all")).detach();
  race(loop, list(resolved(1), resolved(2))).then(note("race")).detach();
  all_settled(loop, list(resolved(1), rejected(errc::full))).then(note("settled")).detach();
  any(loop, list(rejected(errc::full), resolved(2))).then(note("any")).detach();
  promise<void>::resolved(loop).then(note("t1")).then(note("t2")).then(note("t3")).detach();
  expect({"t1", "all", "race", "settled", "any", "t2", "t3"});
}

// A29
TEST_F(CombinatorsOrder, AHundredReactionsAndAHundredTasksTakeTurns) {
  std::vector<task<void>> tasks;
  order expected;
  for (int each = 0; each < 100; ++each) {
    const std::string number = std::to_string(each);
    promise<void>::resolved(loop).then(note("then " + number)).detach();
    const auto work = [](trireme::loop& owner, order& out, std::string text) -> task<void> {
      co_await promise<void>::resolved(owner);
      out(text);
    };
    tasks.push_back(work(loop, log, "await " + number));
    expected("then " + number);
    expected("await " + number);
  }
  expect(expected);
}

}  // namespace
