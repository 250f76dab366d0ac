#include <trireme/actors/pool.hpp>
#include <trireme/actors/worker.hpp>

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

// The same promises as in the tests beside, with real threads: what a sanitizer for threads looks at.

namespace trireme::actors {
namespace {

using testing::order;
using testing::test_loop;

pool_options with(std::size_t workers) {
  pool_options made;
  made.workers = workers;
  return made;
}

void spin_until_stopped(job_context& job) {
  while (!job.stop_requested()) std::this_thread::yield();
}

TEST(PoolThreads, AnswerEveryJobOnceOnTheLoopsThread) {
  test_loop loop;
  pool workers(loop, with(3));
  const auto home = std::this_thread::get_id();
  constexpr int jobs = 20'000;
  std::vector<int> answers(jobs, 0);
  int submitted = 0;
  std::function<void()> submit = [&] {
    if (submitted == jobs) return;
    workers.run_then(
        [&](const error& failure, int number) {
          EXPECT_FALSE(failure);
          EXPECT_EQ(std::this_thread::get_id(), home);
          ++answers[static_cast<std::size_t>(number)];
          submit();
        },
        [](int number) { return number; }, submitted++);
  };
  for (int outstanding = 0; outstanding < 1'000; ++outstanding) submit();
  loop.run();
  EXPECT_EQ(answers, std::vector<int>(jobs, 1));
}

TEST(PoolThreads, StartJobsInOrderAndAnswerInOrderWithOneWorker) {
  test_loop loop;
  pool workers(loop, with(1));
  std::vector<int> answers;
  std::vector<int> expected;
  for (int job = 0; job < 5'000; ++job) {
    expected.push_back(job);
    workers.run_then([&](const error&, int number) { answers.push_back(number); },
                     [](int number) { return number; }, job);
  }
  loop.run();
  EXPECT_EQ(answers, expected);
}

TEST(PoolThreads, StopARunningJobAndLeaveItsNeighboursAlone) {
  test_loop loop;
  pool workers(loop, with(2));
  order log;
  std::latch running(1);
  const job_handle handle =
      workers.run_then([&](const error& failure) { log("stopped: " + failure.message()); },
                       [&](job_context& job) {
                         running.count_down();
                         spin_until_stopped(job);
                       });
  int answered = 0;
  for (int job = 0; job < 100; ++job) {
    workers.run_then(
        [&](const error& failure, int) {
          EXPECT_FALSE(failure);
          if (++answered == 100) handle.cancel();
        },
        [](int number) { return number; }, job);
  }
  running.wait();
  loop.run();
  EXPECT_EQ(log, (order{"stopped: " + error(errc::canceled).message()}));
  EXPECT_EQ(answered, 100);
}

TEST(PoolThreads, WakeAJobThatWaitsOnItsToken) {
  test_loop loop;
  pool workers(loop, with(1));
  std::latch armed(1);
  error seen;
  const job_handle handle =
      workers.run_then([&](const error& failure) { seen = failure; },
                       [&](job_context& job) {
                         std::latch stopped(1);
                         const std::stop_callback wake(job.token(), [&] { stopped.count_down(); });
                         armed.count_down();
                         stopped.wait();
                       });
  armed.wait();
  handle.cancel();
  loop.run();
  EXPECT_EQ(seen, error(errc::canceled));
}

TEST(PoolThreads, AnswerEveryJobOnceWhereverItsStopComes) {
  test_loop loop;
  pool workers(loop, with(2));
  int answered = 0;
  int canceled = 0;
  std::vector<job_handle> handles;
  constexpr int jobs = 5'000;
  for (int job = 0; job < jobs; ++job) {
    handles.push_back(workers.run_then(
        [&](const error& failure, bool) {
          ++answered;
          if (failure) ++canceled;
        },
        [](job_context& self, int number) {
          return number % 7 == 0 ? self.token().stop_requested() : self.stop_requested();
        },
        job));
    if (job % 3 == 0) handles[static_cast<std::size_t>(job / 2)].cancel();
    if (job % 64 == 0) loop.poll();
  }
  loop.run();
  EXPECT_EQ(answered, jobs);
  EXPECT_GT(canceled, 0);
  EXPECT_EQ(workers.outstanding(), 0u);
}

TEST(PoolThreads, EndWithWorkQueuedRunningAndFinished) {
  test_loop loop;
  int answered = 0;
  {
    pool workers(loop, with(1));
    const auto count = [&](const error&) { ++answered; };
    std::latch finished(1);
    std::latch running(1);
    workers.run_then(count, [&] { finished.count_down(); });
    workers.run_then(count, [&](job_context& job) {
      running.count_down();
      spin_until_stopped(job);
    });
    for (int job = 0; job < 100; ++job) workers.run_then(count, [] {});
    finished.wait();
    while (!running.try_wait()) loop.poll();  // it is handed out when the first has come back
  }
  loop.run();
  EXPECT_EQ(answered, 102);
}

TEST(PoolThreads, DrainWhatIsQueuedAfterClose) {
  test_loop loop;
  pool workers(loop, with(2));
  int answered = 0;
  bool drained = false;
  for (int job = 0; job < 500; ++job) workers.run_then([&](const error&) { ++answered; }, [] {});
  workers.close();
  workers.drained()
      .then([&] {
        drained = true;
        EXPECT_EQ(answered, 500);
      })
      .detach();
  loop.run();
  EXPECT_TRUE(drained);
}

TEST(PoolThreads, HaveANameAndNoSignals) {
  test_loop loop;
  pool_options options = with(1);
  options.name = "primes";
  pool workers(loop, options);
  std::string name;
  bool blocked = false;
  workers
      .run([&] {
        char buffer[16] = {};
        ::pthread_getname_np(::pthread_self(), buffer, sizeof buffer);
        name = buffer;
        sigset_t mask;
        ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
        blocked = ::sigismember(&mask, SIGTERM) == 1 && ::sigismember(&mask, SIGINT) == 1;
      })
      .then([] {})
      .detach();
  loop.run();
  EXPECT_EQ(name, "primes/0");
  EXPECT_TRUE(blocked);
}

TEST(WorkerThread, TakesEveryMessageOfManyThreads) {
  constexpr int each = 5'000;
  test_loop loop;
  worker<int, long> subject(loop, [](worker<int, long>::port& parent) {
    parent.on_message([&parent, sum = 0L, count = 0](int value) mutable {
      sum += value;
      if (++count == 3 * each) static_cast<void>(parent.post_message(long{sum}));
    });
  });
  long sum = 0;
  subject.on_message([&](long value) {
    sum = value;
    subject.terminate().detach();
  });
  std::vector<std::thread> senders;
  for (int sender = 1; sender <= 3; ++sender) {
    senders.emplace_back([&subject, sender] {
      for (int count = 0; count < each; ++count)
        EXPECT_EQ(subject.post_message(int{sender}), posting::posted);
    });
  }
  for (std::thread& sender : senders) sender.join();
  loop.run();
  EXPECT_EQ(sum, each * (1 + 2 + 3));
}

TEST(WorkerThread, AnswersInOrder) {
  test_loop loop;
  worker<int, int> subject(loop, [](worker<int, int>::port& parent) {
    parent.on_message([&parent](int value) {
      while (parent.post_message(int{value}) == posting::full) std::this_thread::yield();
    });
  });
  int next = 0;
  constexpr int messages = 20'000;
  subject.on_message([&](int value) {
    EXPECT_EQ(value, next++);
    if (next == messages) subject.terminate().detach();
  });
  for (int value = 0; value < messages; ++value) ASSERT_EQ(subject.post_message(int{value}), posting::posted);
  loop.run();
  EXPECT_EQ(next, messages);
}

TEST(WorkerThread, ExitsAfterTheMessagesOfThreadsThatItHad) {
  constexpr int each = 200;
  for (int round = 0; round < 50; ++round) {
    test_loop loop;
    worker<int, int> subject(loop, [](worker<int, int>::port& parent) {
      const auto speak = [&parent] {
        for (int count = 0; count < each; ++count) static_cast<void>(parent.post_message(1));
      };
      std::thread first(speak);
      std::thread second(speak);
      speak();
      first.join();
      second.join();
    });
    int heard = 0;
    subject.on_message([&heard](int one) { heard += one; });
    subject.on_exit([&heard](int) { EXPECT_EQ(heard, 3 * each); });
    loop.run();
    ASSERT_EQ(heard, 3 * each) << "in round " << round;
  }
}

TEST(WorkerThread, HangsUntilItIsToldToStop) {
  test_loop loop;
  order log;
  worker<int, int> subject(loop, [](worker<int, int>::port& parent) {
    static_cast<void>(parent.post_message(1));
    while (!parent.stop_requested()) std::this_thread::yield();
  });
  subject.on_message([&](int) {
    log("terminate");
    subject.terminate().detach();
  });
  subject.on_exit([&](int code) { log("exit " + std::to_string(code)); });
  loop.run();
  EXPECT_EQ(log, (order{"terminate", "exit 1"})) << "the stop came first";
}

TEST(WorkerThread, IsStoppedAndJoinedWhereItsHandleGoes) {
  test_loop loop;
  std::atomic<bool> ended{false};
  std::latch running(1);
  {
    worker<int, int> subject(loop, [&](worker<int, int>::port& parent) {
      running.count_down();
      while (!parent.stop_requested()) std::this_thread::yield();
      ended = true;
    });
    running.wait();
  }
  EXPECT_TRUE(ended);
  loop.run();
}

TEST(WorkerThread, DestroysItsStateOnItsOwnThread) {
  test_loop loop;
  struct state {
    std::thread::id home = std::this_thread::get_id();
    std::atomic<bool>* seen = nullptr;
    state() = default;
    state(state&& other) noexcept : home(other.home), seen(std::exchange(other.seen, nullptr)) {}
    ~state() {
      if (seen) *seen = std::this_thread::get_id() == home;
    }
  };
  std::atomic<bool> at_home{false};
  {
    worker<int, int> subject(loop, [&](worker<int, int>::port& parent) {
      state own;
      own.seen = &at_home;
      parent.on_message(
          [own = std::move(own), &parent](int value) { static_cast<void>(parent.post_message(int{value})); });
    });
    subject.on_message([&](int) { loop.stop(); });
    static_cast<void>(subject.post_message(1));
    loop.run();
  }
  EXPECT_TRUE(at_home);
}

TEST(ResultsAfterTheirLoop, AreRefusedAsClosed) {
  std::latch gone(1);
  std::thread late;
  std::vector<posting> outcomes;
  {
    test_loop loop;
    struct no_job final : trireme::detail::job {
      void run() override { FAIL(); }
    };
    late = std::thread([&, remote = loop.remote(), inbox = loop.internals().incoming] {
      gone.wait();
      callback work([] { FAIL(); });
      outcomes.push_back(remote.post(work));
      EXPECT_TRUE(work) << "stays with the caller";
      std::unique_ptr<trireme::detail::job> job = std::make_unique<no_job>();
      outcomes.push_back(inbox->push(job));
      outcomes.push_back(inbox->push_always(job));
      EXPECT_TRUE(job);
    });
  }
  gone.count_down();
  late.join();
  EXPECT_EQ(outcomes, std::vector<posting>(3, posting::closed));
}

}  // namespace
}  // namespace trireme::actors
