#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>
#include <trireme/actors/broadcast_channel.hpp>
#include <trireme/actors/channel.hpp>
#include <trireme/actors/manual_host.hpp>
#include <trireme/actors/per_worker.hpp>
#include <trireme/actors/pool.hpp>
#include <trireme/actors/supervisor.hpp>
#include <trireme/actors/worker.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/for_each_seed.hpp>
#include <trireme/core/testing/schedule.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

// The examples of actors/README.md, as they stand there. Change both together.

namespace {

using namespace std::chrono_literals;

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
    subject.terminate().detach();
  });
  static_cast<void>(subject.post_message("Ada"));
  loop.run();  // 0, once the worker has exited
  // [worker]
  EXPECT_EQ(printed, "hello Ada, number 1");
}

TEST(ActorsReadme, PortExample) {
  int answer = 0;
  trireme::loop loop;
  // [port]
  using line = trireme::actors::port<int, int>;
  using calculator = trireme::actors::worker<int, int>;
  const auto listen = [](calculator::port&, line given) {
    const auto kept = std::make_shared<line>(std::move(given));
    kept->on_message([kept](int number) { static_cast<void>(kept->post_message(2 * number)); });
  };
  trireme::actors::channel<int> between;
  calculator subject(loop, listen, std::move(between.second));  // worker data; a message would do as well
  between.first.on_message([&](int twice) {
    answer = twice;
    between.first.close();
  });
  static_cast<void>(between.first.post_message(21));
  loop.run();  // until the channel has closed: then the worker listens to nothing, and exits
  // [port]
  EXPECT_EQ(answer, 42);
}

TEST(ActorsReadme, BroadcastExample) {
  std::string heard;
  trireme::loop loop;
  // [broadcast]
  trireme::actors::broadcast_channel<std::string> news(loop);
  auto reader = news.join();  // a member may be posted, too
  auto writer = news.join();
  reader.on_message([&](std::string text) {
    heard = text;
    news.close();
  });
  static_cast<void>(writer.post_message("all but the writer hear this"));
  loop.run();
  // [broadcast]
  EXPECT_EQ(heard, "all but the writer hear this");
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

int render(int number) { return 100 * number; }

TEST(ActorsReadme, JobOptionsExample) {
  using namespace std::chrono_literals;
  trireme::testing::test_loop loop;
  trireme::actors::pool pool(loop);
  int shown = 0;
  // [options]
  const auto page = trireme::actors::job_options().urgent().within(50ms).named("page");
  pool.with(page).run(render, 3).then([&](int size) { shown = size; }).detach();
  pool.with(trireme::actors::job_options().key(7)).run_then([](const trireme::error&) {}, [] {});
  // [options]
  loop.run();
  EXPECT_EQ(shown, 300);
}

TEST(ActorsReadme, RangeExample) {
  trireme::testing::test_loop loop;
  trireme::actors::pool pool(loop);
  std::vector<int> squares;
  // [range]
  trireme::histogram_window lately(pool.times().run);  // also `wait`, and `times("page")`
  pool.map(std::vector<int>{1, 2, 3}, [](int value) { return value * value; })
      .then([&](const std::vector<int>& all) { squares = all; })
      .detach();
  loop.run();
  const std::size_t jobs = lately.read().count;  // and mean, p50, p90, p99, most; `reset` begins anew
  // [range]
  EXPECT_EQ(squares, (std::vector<int>{1, 4, 9}));
  EXPECT_GE(jobs, 1u);
}

// [stream]
trireme::task<long> last_of(trireme::actors::progress_stream<long, long>& numbers) {
  long last = 0;
  while (true) {
    auto pulled = numbers.next();
    const std::optional<long> next = co_await std::move(pulled);
    if (!next) break;
    last = *next;
  }
  co_return last;  // `numbers.answer()` is what the job returned
}
// [stream]

TEST(ActorsReadme, ProgressStreamExample) {
  trireme::testing::test_loop loop;
  trireme::actors::pool pool(loop);
  auto numbers = pool.stream<long>([](trireme::actors::progress<long>& out) {
    for (long number = 1; number <= 500; ++number) static_cast<void>(out.post(number));
    return 500L;
  });
  long seen = 0;
  last_of(numbers).as_promise().then([&](long last) { seen = last; }).detach();
  loop.run();
  EXPECT_EQ(seen, 500);
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

// [actor]
struct deposit {
  int amount = 0;
};
struct withdraw {
  int amount = 0;
};
struct balance {};

class account : public trireme::actors::actor<account> {
public:
  void on(deposit by) { money_ += by.amount; }
  int on(balance) { return money_; }
  trireme::result<int> on(withdraw by) {  // what is left, or an error; exceptions are for bugs
    if (by.amount > money_) return trireme::error(std::make_error_code(std::errc::result_out_of_range));
    return money_ -= by.amount;
  }

private:
  int money_ = 0;
};
// [actor]

void bank(trireme::loop& loop, int& seen) {
  // [ask]
  trireme::actors::actor_system system(loop);
  const auto ada = system.spawn<account>();
  if (ada.tell(deposit{5}) != trireme::posting::posted) return;  // full, or closed: the message is still ours
  system.ask(ada, balance(), 1s, [&](const trireme::error& failure, int money) {  // or a promise, or co_await
    if (!failure) seen = money;
  });
  loop.run();  // until the question is answered, or times out
  // [ask]
}

TEST(ActorsReadme, ActorExample) {
  trireme::loop loop;
  int seen = 0;
  bank(loop, seen);
  EXPECT_EQ(seen, 5);
}

// [actor asks]
class auditor : public trireme::actors::actor<auditor> {
public:
  explicit auditor(trireme::actors::actor_ref<account> whom) : whom_(whom) {}
  void on_start() override { after(10ms, balance()); }
  void on(balance) {
    ask(whom_, balance(), 1s, [this](trireme::result<int> money) {
      if (!money || *money > 100) return stop();
      after(10ms, balance());
    });
  }

private:
  trireme::actors::actor_ref<account> whom_;
};
// [actor asks]

TEST(ActorsReadme, ActorThatAsksExample) {
  trireme::testing::test_loop loop;
  trireme::actors::manual_host host;
  trireme::actors::actor_system_options options;
  options.host = &host;
  trireme::actors::actor_system system(loop, options);
  const auto ada = system.spawn<account>();
  const auto audit = system.spawn<auditor>(ada);
  loop.set_timeout(25ms, [&] { static_cast<void>(ada.tell(deposit{101})); });
  host.run(loop);
  EXPECT_FALSE(audit.alive());
  EXPECT_EQ(loop.now().time_since_epoch(), 30ms);
}

class brittle : public trireme::actors::actor<brittle> {
public:
  explicit brittle(int limit) : limit_(limit) {}
  void on(int weight) {
    if (weight > limit_) throw std::runtime_error("crack");
    carried_ += weight;
  }
  int on(balance) { return carried_; }

private:
  int limit_;
  int carried_ = 0;
};

TEST(ActorsReadme, SupervisorExample) {
  trireme::testing::test_loop loop;
  trireme::actors::manual_host host;
  trireme::actors::actor_system_options with_host;
  with_host.host = &host;
  trireme::actors::actor_system system(loop, with_host);
  const int limit = 10;
  trireme::actors::any_ref kept;
  // [supervisor]
  trireme::actors::supervisor_options options;
  options.how = trireme::actors::strategy::one_for_one;  // or one_for_all, rest_for_one
  const auto top = system.spawn<trireme::actors::supervisor>(options);
  auto brittle_child =
      trireme::actors::child::of<brittle>("brittle", trireme::actors::restart::on_failure, limit);
  system.ask(top, std::move(brittle_child), 1s, [&](const trireme::error&, trireme::actors::any_ref made) {
    const trireme::actors::actor_ref<brittle> child(made.address());  // names it in all its lives
    for (const int weight : {1, 100, 2}) static_cast<void>(child.tell(weight));
    kept = made;
  });
  // [supervisor]
  host.run(loop);
  int carried = 0;
  system.ask(trireme::actors::actor_ref<brittle>(kept.address()), balance(), 1s,
             [&](const trireme::error&, int sum) { carried = sum; });
  host.run(loop);
  EXPECT_EQ(carried, 2);
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

TEST(ActorsReadme, PollingExample) {
  int answer = 0;
  // [polling]
  trireme::loop_options by_the_door;
  by_the_door.polling = trireme::polling::up_to(50us);  // before every sleep
  trireme::loop loop(by_the_door);
  trireme::actors::pool_options at_once;
  at_once.polling = trireme::polling::off();
  trireme::actors::pool pool(loop, at_once);
  pool.run([] { return 6 * 7; }).then([&](int value) { answer = value; }).detach();
  loop.run();
  // [polling]
  EXPECT_EQ(answer, 42);
}

TEST(ActorsReadme, ScheduleExample) {
  // [schedule]
  trireme::testing::for_each_seed(
      200,
      [](std::uint64_t seed) {
        trireme::testing::test_loop loop;
        trireme::actors::manual_host host;
        trireme::actors::pool_options two;
        two.host = &host;
        two.workers = 2;
        trireme::actors::pool pool(loop, two);
        int answers = 0;
        for (int job = 0; job < 10; ++job) pool.run([] {}).then([&] { ++answers; }).detach();
        trireme::testing::schedule(seed).run(loop, host);
        EXPECT_EQ(answers, 10);
      },
      &testing::Test::HasFailure);
  // [schedule]
}

}  // namespace
