#include <trireme/actors/progress.hpp>

#include <gtest/gtest.h>

#include <latch>
#include <optional>
#include <string>
#include <trireme/actors/manual_host.hpp>
#include <trireme/actors/pool.hpp>
#include <trireme/actors/progress_stream.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

#include "fragile.hpp"

namespace trireme::actors {
namespace {

using testing::fragile;
using trireme::testing::order;
using trireme::testing::test_loop;

pool_options one_worker(worker_host* host = nullptr) {
  pool_options made;
  made.workers = 1;
  made.progress_limit = 4;
  made.host = host;
  return made;
}

int count_to(progress<int>& out, int last) {
  for (int step = 1; step <= last; ++step) {
    if (out.post(step) != posting::posted) return -1;
  }
  return last;
}

TEST(Progress, ArrivesInOrderAndBeforeTheAnswer) {
  test_loop loop;
  manual_host host;
  pool workers(loop, one_worker(&host));
  order log;
  workers.run_with_progress<int>([&](int step) { log(std::to_string(step)); }, count_to, 3)
      .then([&](int last) { log("done " + std::to_string(last)); })
      .detach();
  host.settle(loop);
  EXPECT_EQ(log, (order{"1", "2", "3", "done 3"}));
}

TEST(Progress, IsACallbackOfItsOwnEach) {
  test_loop loop;
  manual_host host;
  pool workers(loop, one_worker(&host));
  order log;
  workers
      .run_with_progress<int>(
          [&](int step) {
            log("progress " + std::to_string(step));
            loop.queue_microtask([&, step] { log("microtask " + std::to_string(step)); });
          },
          count_to, 2)
      .then([](int) {})
      .detach();
  host.settle(loop);
  EXPECT_EQ(log, (order{"progress 1", "microtask 1", "progress 2", "microtask 2"}));
}

TEST(Progress, HoldsAWorkerBackUntilTheLoopHasRead) {
  test_loop loop;
  pool workers(loop, one_worker());
  int read = 0;
  int result = 0;
  workers.run_with_progress<int>([&](int step) { EXPECT_EQ(step, ++read); }, count_to, 1'000)
      .then([&](int last) { result = last; })
      .detach();
  loop.run();
  EXPECT_EQ(read, 1'000);
  EXPECT_EQ(result, 1'000);
}

TEST(Progress, NeverHasMoreUnreadThanItsLimit) {
  test_loop loop;
  pool workers(loop, one_worker());
  std::atomic<int> posted{0};
  int read = 0;
  workers
      .run_with_progress<int>([&](int) { EXPECT_LE(posted.load(), ++read + 4); },
                              [&](progress<int>& out) {
                                for (int step = 0; step < 500; ++step) {
                                  static_cast<void>(out.post(step));
                                  ++posted;
                                }
                              })
      .then([] {})
      .detach();
  loop.run();
  EXPECT_EQ(read, 500);
}

TEST(Progress, WakesAWaitingJobThatIsAskedToStop) {
  test_loop loop;
  pool workers(loop, one_worker());
  std::latch filled(1);
  posting last = posting::posted;
  auto [answer, handle] =
      workers.start_with_progress<int>([](int) {},
                                       [&](progress<int>& out) {
                                         for (int step = 0; step < 4; ++step)
                                           static_cast<void>(out.post(step));
                                         filled.count_down();
                                         last = out.post(4);  // waits: the loop stands still until it cancels
                                         return out.stop_requested();
                                       });
  error seen;
  std::move(answer).then([](bool) {}, [&](const error& failure) { seen = failure; }).detach();
  filled.wait();
  handle.cancel(errc::timed_out);
  loop.run();
  EXPECT_EQ(seen, error(errc::timed_out));
  EXPECT_EQ(last, posting::closed);
}

TEST(Progress, IsNotDeliveredOnceTheJobWasAskedToStop) {
  test_loop loop;
  manual_host host;
  pool workers(loop, one_worker(&host));
  order log;
  job_handle handle;
  auto started = workers.start_with_progress<int>(
      [&](int step) {
        log(std::to_string(step));
        handle.cancel();
      },
      count_to, 3);
  handle = started.handle;
  std::move(started.answer).then([](int) {}, [&](const error&) { log("stopped"); }).detach();
  host.settle(loop);
  EXPECT_EQ(log, (order{"1", "stopped"}));
}

TEST(Progress, IsDroppedSafelyWhenPoolAndLoopGo) {
  manual_host host;
  test_loop loop;
  {
    pool workers(loop, one_worker(&host));
    workers.run_with_progress<int>([](int) { FAIL(); }, count_to, 3)
        .then([](int) {}, [](const error&) {})
        .detach();
    host.step();
    host.step();
  }
  loop.run();
}

void post_three(progress<fragile>& out) {
  for (int each = 1; each <= 3; ++each) static_cast<void>(out.post(fragile(each)));
}

TEST(Progress, ThatCannotBeMovedHoldsUpNeitherTheAnswerNorOtherJobs) {
  test_loop loop;
  manual_host host;
  order log;
  loop.on_uncaught([&](const error& failure) { log(failure.message()); });
  pool workers(loop, one_worker(&host));
  const auto note = [&](const char* what) { return [&log, what](const error&) { log(what); }; };
  workers.run_with_progress_then<fragile>([&](fragile step) { log(std::to_string(step.number)); },
                                          note("answer"), post_three);
  workers.run_then(note("another"), [] {});
  while (host.step()) {
  }
  fragile::breaks = 2;
  host.run(loop);
  fragile::breaks = 0;
  EXPECT_EQ(log, (order{"1", "broken", "3", "answer", "another"}));
}

TEST(Progress, ThatCannotBeMovedTakesNoPlaceOfTheNext) {
  test_loop loop;
  manual_host host;
  order log;
  loop.on_uncaught([&](const error& failure) { log(failure.message()); });
  pool workers(loop, one_worker(&host));
  progress_stream<fragile, void> stream = workers.stream<fragile>(post_three);
  while (host.step()) {
  }
  fragile::breaks = 2;
  host.settle(loop);
  fragile::breaks = 0;
  for (int each = 0; each < 3; ++each) {
    stream.next([&](const error&, std::optional<fragile> step) {
      log(step ? std::to_string(step->number) : "none");
    });
  }
  host.run(loop);
  EXPECT_EQ(log, (order{"broken", "1", "3", "none"}));
}

}  // namespace
}  // namespace trireme::actors
