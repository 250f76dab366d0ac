#include <trireme/actors/progress_stream.hpp>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <trireme/core/context.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/timeout.hpp>

#include "pool_fixture.hpp"

namespace trireme::actors {
namespace {

using trireme::testing::order;
using trireme::testing::test_loop;
using namespace std::chrono_literals;

int count_to(progress<int>& out, int last) {
  for (int step = 1; step <= last; ++step) {
    if (out.post(step) == posting::closed) return -step;
  }
  return last;
}

task<void> read_all(progress_stream<int, int>& from, order& log) {
  while (true) {
    auto pulled = from.next();
    const std::optional<int> next = co_await std::move(pulled);
    if (!next) break;
    log(std::to_string(*next));
  }
  auto ended = from.answer();
  const int answer = co_await std::move(ended);
  log("answer " + std::to_string(answer));
}

class ProgressStream : public testing::by_hand {
protected:
  /// What `next` brings, noted.
  auto note_next(std::string name = {}) {
    return [this, name = std::move(name)](const error& failure, std::optional<int> next) {
      log(name + (failure ? failure.message() : next ? std::to_string(*next) : "end"));
    };
  }
  /// The same for a promise or a task.
  template <class Awaited>
  void note_outcome(Awaited awaited) {
    std::move(awaited)
        .then([this](const auto&) { log("an outcome"); },
              [this](const error& failure) { log(failure.message()); })
        .detach();
  }
  void pass(duration time) {
    loop.time().advance(time);
    loop.poll();
  }

  const std::string timed_out = error(errc::timed_out).message();
};

TEST_F(ProgressStream, GivesAllMessagesThenTheAnswer) {
  auto counting = make(options()).stream<int>(count_to, 3);
  const task<void> reading = read_all(counting, log);
  host.settle(loop);
  EXPECT_EQ(log, (order{"1", "2", "3", "answer 3"}));
}

TEST_F(ProgressStream, IsThereAlsoForCallbacks) {
  auto counting = make(options()).stream<int>(count_to, 1);
  counting.next([&](const error& failure, std::optional<int> next) {
    EXPECT_FALSE(failure);
    log(next ? std::to_string(*next) : "end");
  });
  host.settle(loop);
  counting.next([&](const error&, std::optional<int> next) { log(next ? "more" : "end"); });
  counting.answer([&](const error&, int last) { log("answer " + std::to_string(last)); });
  EXPECT_EQ(log, (order{"1"})) << "never from within the call";
  host.settle(loop);
  EXPECT_EQ(log, (order{"1", "end", "answer 1"}));
}

TEST_F(ProgressStream, DropsTheMessagesWhereOnlyTheAnswerIsWanted) {
  auto counting = make(options()).stream<int>(count_to, 500);
  int seen = 0;
  counting.answer().then([&](int last) { seen = last; }).detach();
  host.settle(loop);
  EXPECT_EQ(seen, 500);
}

TEST_F(ProgressStream, FailsWithItsJobAfterTheLastMessage) {
  auto failing = make(options()).stream<int>([](progress<int>& out) -> int {
    static_cast<void>(out.post(1));
    throw std::runtime_error("broken");
  });
  const auto read = [&] {
    failing.next([&](const error& failure, std::optional<int> next) {
      log(failure ? failure.message() : std::to_string(*next));
    });
    host.settle(loop);
  };
  read();
  read();
  EXPECT_EQ(log, (order{"1", "broken"}));
}

TEST_F(ProgressStream, CancelsTheJobWhereItIsDropped) {
  pool& subject = make(options());
  subject.run_then(nobody(), [] {});
  { auto dropped = subject.stream<int>(count_to, 3); }
  EXPECT_EQ(subject.outstanding(), 1u);
  host.settle(loop);
}

TEST_F(ProgressStream, OutlivesItsPool) {
  auto counting = make(options()).stream<int>(count_to, 3);
  workers.reset();
  counting.next([&](const error& failure, std::optional<int>) { log(failure.message()); });
  loop.run();
  EXPECT_EQ(log, (order{error(errc::canceled).message()}));
}

TEST_F(ProgressStream, EndsACallWhoseTimeIsUpAndServesTheNext) {
  auto counting = make(options()).stream<int>(count_to, 1);
  note_outcome(with_timeout(loop, 5ms, [&] { return counting.next(); }).as_promise());
  pass(5ms);
  EXPECT_EQ(log, (order{timed_out}));
  counting.next(note_next());
  host.settle(loop);
  EXPECT_EQ(log, (order{timed_out, "1"}));
}

TEST_F(ProgressStream, EndsAQuestionForTheAnswerWhoseTimeIsUpAndAnswersTheNext) {
  auto counting = make(options()).stream<int>(count_to, 1);
  note_outcome(with_timeout(loop, 5ms, [&] { return counting.answer(); }).as_promise());
  pass(5ms);
  counting.answer([this](const error&, int last) { log("answer " + std::to_string(last)); });
  host.settle(loop);
  EXPECT_EQ(log, (order{timed_out, "answer 1"}));
}

TEST_F(ProgressStream, GivesAMessageToACallThatNobodyWaitsForAnyMore) {
  auto counting = make(options()).stream<int>(count_to, 2);
  note_outcome(with_timeout(loop, 5ms, counting.next()));
  pass(5ms);
  counting.next(note_next());
  host.settle(loop);
  EXPECT_EQ(log, (order{timed_out, "2"}));
}

TEST_F(ProgressStream, EndsWhatWaitsInAContextThatIsStopped) {
  auto counting = make(options()).stream<int>(count_to, 1);
  const context_ptr request = context::make({});
  loop.run_in(request, [&] {
    counting.next(note_next());
    counting.answer([this](const error& failure, int) { log(failure.message()); });
  });
  request->request_stop(errc::timed_out);
  loop.poll();
  EXPECT_EQ(log, (order{timed_out, timed_out}));
  host.settle(loop);
}

TEST_F(ProgressStream, ServesThoseWhoWaitInTheirOrder) {
  auto counting = make(options()).stream<int>(count_to, 2);
  for (const char* name : {"a ", "b ", "c ", "d "}) counting.next(note_next(name));
  host.settle(loop);
  EXPECT_EQ(log, (order{"a 1", "b 2", "c end", "d end"}));
}

TEST_F(ProgressStream, ServesThoseInTheirOrderForWhomMessagesLieThere) {
  auto counting = make(options()).stream<int>(count_to, 2);
  host.settle(loop);
  for (const char* name : {"a ", "b ", "c ", "d "}) counting.next(note_next(name));
  loop.poll();
  EXPECT_EQ(log, (order{"a 1", "b 2", "c end", "d end"}));
}

TEST_F(ProgressStream, FailsAllWhoWaitWithItsJob) {
  auto failing = make(options()).stream<int>([](progress<int>&) -> int { throw std::runtime_error("x"); });
  for (const char* name : {"a ", "b "}) failing.next(note_next(name));
  failing.answer([this](const error& failure, int) { log("answer " + failure.message()); });
  host.settle(loop);
  EXPECT_EQ(log, (order{"a x", "b x", "answer x"}));
}

TEST_F(ProgressStream, GivesTheAnswerOnce) {
  auto counting = make(options()).stream<int>(count_to, 1);
  const auto note_answer = [this](const error& failure, int last) {
    log(failure ? failure.message() : "answer " + std::to_string(last));
  };
  counting.answer(note_answer);
  counting.answer(note_answer);
  host.settle(loop);
  counting.answer(note_answer);
  loop.poll();
  const std::string closed = error(errc::closed).message();
  EXPECT_EQ(log, (order{"answer 1", closed, closed}));
}

TEST(ProgressStreamAndLoop, GoTogetherWhileSomebodyWaits) {
  manual_host host;
  test_loop loop;
  pool workers(loop, testing::by(host));
  auto counting = workers.stream<int>(count_to, 1);
  counting.next([](const error&, std::optional<int>) { FAIL(); });
  counting.next().then([](std::optional<int>) { FAIL(); }).detach();
  counting.answer([](const error&, int) { FAIL(); });
}

// Nobody reads: the job waits, and the loop holds no more than the limit.
TEST(ProgressStreamThreads, HoldTheJobBackUntilItIsPulled) {
  test_loop loop;
  pool_options how;
  how.workers = 1;
  how.progress_limit = 4;
  pool workers(loop, how);
  std::atomic<int> posted{0};
  auto counting = workers.stream<int>([&](progress<int>& out) {
    for (int step = 0; step < 2'000; ++step) {
      static_cast<void>(out.post(step));
      ++posted;
    }
  });
  int read = 0;
  const auto pull = [&](progress_stream<int, void>& from) -> task<void> {
    while (true) {
      auto pulled = from.next();
      const std::optional<int> next = co_await std::move(pulled);
      if (!next) break;
      EXPECT_EQ(*next, read++);
      EXPECT_LE(posted.load(), read + 4);
    }
  };
  const task<void> pulling = pull(counting);
  loop.run();
  EXPECT_EQ(read, 2'000);
}

class PoolProgress : public testing::by_hand {};

// There is no order between the messages of two workers: those of a job are counted before its answer.
TEST_F(PoolProgress, OfOneWorkerIsNotTakenForThatOfAnother) {
  pool& subject = make(options(2));
  std::array<int, 4> heard{};
  const auto submit = [&](std::size_t which, std::uint64_t key) {
    const auto on_progress = [&, key](std::size_t of) {
      ++heard[of];
      host.step(key);  // its worker goes on meanwhile
    };
    const auto tell = [](progress<std::size_t>& out, std::size_t what) { static_cast<void>(out.post(what)); };
    subject.with(job_options().named("tell").key(key))
        .run_with_progress_then<std::size_t>(
            on_progress, [&, which](const error&) { EXPECT_EQ(heard[which], 1); }, tell, which);
  };
  submit(0, 0);
  host.settle(loop);  // the kind is known: jobs go in advance
  heard = {};
  submit(0, 0);
  submit(1, 0);
  submit(2, 1);
  submit(3, 1);
  loop.poll();
  host.step(0);
  host.step(1);
  host.settle(loop);
  EXPECT_EQ(heard, (std::array<int, 4>{1, 1, 1, 1}));
}

}  // namespace
}  // namespace trireme::actors
