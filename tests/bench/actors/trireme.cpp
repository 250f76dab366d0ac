// Our own rows. What each row does stands in README.md.
#include <trireme/actors/pool.hpp>
#include <trireme/actors/worker.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/task.hpp>
#include <utility>

#include "rows.hpp"
#include "trireme_actors.hpp"

namespace {

using namespace trireme;
using bench::expect;
using bench::stopwatch;

/// How soon a thread sleeps that ran out of work: at once, or after it has looked for more.
enum class sleeps { at_once, after_a_look };

template <sleeps When, class Options>
Options options_for() {
  Options options;
  options.polling = When == sleeps::at_once ? polling::off() : polling::automatic();
  return options;
}

/// Threads that are made where only one CPU may be used do not look before they sleep.
struct on_all_cpus {
  on_all_cpus() { bench::unpin(); }
};

template <sleeps When>
class home : on_all_cpus {
public:
  void run() {
    bench::pin(0);
    const pending_work alive(on);
    on.run();
  }
  void stop() { on.stop(); }
  loop on{options_for<When, loop_options>()};
};

/// A pool of one worker, on the second CPU.
template <sleeps When>
class one_worker {
public:
  explicit one_worker(home<When>& owner) : pool(owner.on, options()) {
    pool.run_then([&owner](const error&) { owner.stop(); }, bench::pin, std::size_t{1});
    owner.run();
  }
  actors::pool pool;

private:
  static actors::pool_options options() {
    auto made = options_for<When, actors::pool_options>();
    made.workers = 1;
    return made;
  }
};

template <class T>
T worked_on(T value) {
  return bench::work(std::move(value));
}

/// A pool's job, answered by a callback.
template <sleeps When>
struct job {
  template <class T, class Done>
  class far {
  public:
    far(home<When>& owner, Done done) : worker_(owner), done_(done) {}
    void send(T value) {
      const auto answer = [done = done_](const error& failure, T result) {
        expect(!failure, "a job");
        done(std::move(result));
      };
      worker_.pool.run_then(answer, worked_on<T>, std::move(value));
    }

  private:
    one_worker<When> worker_;
    Done done_;
  };
};

/// A pool's job, answered by a promise.
template <class T, class Done>
class promised_job {
public:
  promised_job(home<sleeps::at_once>& owner, Done done) : worker_(owner), done_(done) {}
  void send(T value) {
    auto answer = worker_.pool.run(worked_on<T>, std::move(value));
    std::move(answer).then([done = done_](T result) { done(std::move(result)); }).detach();
  }

private:
  one_worker<sleeps::at_once> worker_;
  Done done_;
};

/// A message to a worker, which posts one back.
template <sleeps When>
struct message {
  template <class T, class Done>
  class far {
  public:
    far(home<When>& owner, Done done) : worker_(owner.on, echo, options_for<When, actors::worker_options>()) {
      worker_.on_message(done);
      worker_.unref();
    }
    void send(T value) { expect(worker_.post_message(std::move(value)) == posting::posted, "a message"); }

  private:
    using worker = actors::worker<T, T>;
    static void echo(typename worker::port& parent) {
      bench::pin(1);
      parent.on_message([&parent](T value) {
        expect(parent.post_message(bench::work(std::move(value))) == posting::posted, "a message back");
      });
    }
    worker worker_;
  };
};

/// A thousand coroutines, each of which awaits one job after the other.
struct awaited_jobs {
  double operator()(std::size_t count) {
    std::size_t sum = 0;
    bench::pin(0);
    const stopwatch watch;
    for (std::size_t each = 0; each < bench::outstanding; ++each) {
      ask(worker.pool, count / bench::outstanding, sum).as_promise().detach();
    }
    owner.on.run();
    const double seconds = watch.seconds();
    expect(sum == count, "every job that was awaited");
    return seconds;
  }
  static task<void> ask(actors::pool& pool, std::size_t count, std::size_t& sum) {
    for (std::size_t each = 0; each < count; ++each) {
      const int value = co_await pool.run(worked_on<int>, 0);
      sum += static_cast<std::size_t>(value);
    }
  }
  home<sleeps::at_once> owner;
  one_worker<sleeps::at_once> worker{owner};
};

/// A job that looks whether it was asked to stop, which it is not.
struct stop_checks {
  double operator()(std::size_t count) {
    double seconds = 0;
    worker.pool.run_then([&seconds](const error&, double result) { seconds = result; }, look, count);
    owner.on.run();
    expect(seconds > 0, "every look");
    return seconds;
  }
  static double look(actors::job_context& job, std::size_t count) {
    const stopwatch watch;
    for (std::size_t each = 0; each < count && !job.stop_requested(); ++each) benchmark::ClobberMemory();
    return watch.seconds();
  }
  home<sleeps::at_once> owner;
  one_worker<sleeps::at_once> worker{owner};
};

void asleep_rows() {
  using namespace bench;
  using home = ::home<sleeps::at_once>;
  using jobs = job<sleeps::at_once>;
  using messages = message<sleeps::at_once>;
  row<round_trips<home, jobs::far>>("round trip/job, asleep", 10'000);
  row<round_trips<home, messages::far>>("round trip/message, asleep", 10'000);
  row<fan_out<home, messages::far>>("fan-out/4 workers, asleep", 5'000);
  row<round_trips<home, jobs::far, std::string>>("1 MiB/handed to a job", 1'000);
  row<round_trips<home, jobs::far, std::string>>("1 MiB/plainly given to a job", 1'000);
  row<round_trips<home, messages::far, std::string>>("1 MiB/handed to a worker", 1'000);
  row<round_trips<home, messages::far, std::string>>("1 MiB/plainly posted to a worker", 1'000);
  row<many_outstanding<home, jobs::far>>("1,000 outstanding/jobs", 100'000);
  row<many_outstanding<home, promised_job>>("1,000 outstanding/jobs, promises", 100'000);
  row<awaited_jobs>("1,000 outstanding/jobs, co_await", 100'000);
  row<many_outstanding<home, messages::far>>("1,000 outstanding/messages", 100'000);
  row<stop_checks>("stop/check in a job", 1'000'000);
}

void polling_rows() {
  using namespace bench;
  using home = ::home<sleeps::after_a_look>;
  using jobs = job<sleeps::after_a_look>;
  using messages = message<sleeps::after_a_look>;
  row<round_trips<home, jobs::far>>("round trip/job, polling", 100'000);
  row<many_outstanding<home, jobs::far>>("1,000 outstanding/jobs, polling", 100'000);
  row<round_trips<home, messages::far>>("round trip/message, polling", 100'000);
}

}  // namespace

int main(int argc, char** argv) {
  asleep_rows();
  polling_rows();
  actor_rows();
  return bench::run(argc, argv);
}
