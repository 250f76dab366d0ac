#include <gtest/gtest.h>

#include <string>
#include <trireme/actors/per_worker.hpp>
#include <trireme/actors/pool.hpp>
#include <trireme/actors/worker.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/task.hpp>

// The examples of actors/README.md, as they stand there. Change both together.

namespace {

TEST(ActorsReadme, WorkerExample) {
  std::string printed;
  trireme::loop loop;
  // [worker]
  using greeter = trireme::actors::worker<std::string, std::string>;
  greeter subject(loop, [](greeter::port& parent) {
    parent.on_message([&parent, greeted = 0](std::string name) mutable {
      static_cast<void>(parent.post_message("hello " + name + ", number " + std::to_string(++greeted)));
    });
  });
  subject.on_message([&](std::string text) {
    printed += text;
    subject.terminate();
  });
  static_cast<void>(subject.post_message("Ada"));
  loop.run();  // 0, once the worker has exited
  // [worker]
  EXPECT_EQ(printed, "hello Ada, number 1");
}

// [pool]
long sum_below(trireme::actors::job_context& job, long limit) {
  long sum = 0;
  for (long number = 0; number < limit && !job.stop_requested(); ++number) sum += number;
  return sum;
}

trireme::task<long> sum_twice(trireme::actors::pool& pool) {
  const long first = co_await pool.run(sum_below, 1'000L);
  const long second = co_await pool.run(sum_below, 10L);
  co_return first + second;
}
// [pool]

TEST(ActorsReadme, PoolExample) {
  trireme::loop loop;
  trireme::actors::pool pool(loop);
  long sum = 0;
  sum_twice(pool).as_promise().then([&](long value) { sum = value; }).detach();
  loop.run();
  EXPECT_EQ(sum, 499'500 + 45);
}

TEST(ActorsReadme, ProgressExample) {
  trireme::loop loop;
  trireme::actors::pool pool(loop);
  int shown = 0;
  // [progress]
  auto [answer, handle] = pool.start_with_progress<int>([&](int percent) { shown = percent; },
                                                        [](trireme::actors::progress<int>& out) {
                                                          for (int percent = 1; percent <= 100; ++percent) {
                                                            if (out.post(percent) == trireme::posting::closed)
                                                              break;  // asked to stop
                                                          }
                                                          return std::string("done");
                                                        });
  std::move(answer).then([&](std::string) { EXPECT_EQ(shown, 100); }).detach();
  // `handle.cancel()` would make the answer `errc::canceled`
  // [progress]
  EXPECT_TRUE(handle.active());
  loop.run();
  EXPECT_EQ(shown, 100);
}

TEST(ActorsReadme, CancelExample) {
  trireme::loop loop;
  trireme::actors::pool pool(loop);
  bool stopped = false;
  // [cancel]
  const trireme::context_ptr request = trireme::context::make(loop.current());
  loop.run_in(request, [&] {
    pool.run_then([&](const trireme::error& failure, long) { stopped = failure == trireme::errc::canceled; },
                  sum_below, 1'000'000'000'000L);
  });
  request->request_stop();  // and with it every job that was submitted for the request
  // [cancel]
  loop.run();
  EXPECT_TRUE(stopped);
}

TEST(ActorsReadme, PerWorkerExample) {
  trireme::loop loop;
  trireme::actors::pool pool(loop);
  std::size_t last = 0;
  // [per_worker]
  trireme::actors::per_worker<std::string> buffers(pool, [] { return std::string(4096, '\0'); });
  pool.run([buffers] { return buffers.local().size(); })  // this worker's own: no lock, no sharing
      .then([&](std::size_t size) { last = size; })
      .detach();
  // [per_worker]
  loop.run();
  EXPECT_EQ(last, 4096u);
}

}  // namespace
