// Asio's rows: a thread pool beside an io_context, two io_contexts, and strands for actors.
#include <cstddef>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <optional>

#include "rows.hpp"

namespace {

using bench::expect;
using bench::stopwatch;

class home {
public:
  home() { bench::pin(0); }
  void run() {
    context.restart();
    context.run();
  }
  void stop() { context.stop(); }
  asio::io_context context;

private:
  asio::executor_work_guard<asio::io_context::executor_type> alive_{context.get_executor()};
};

/// A job of a pool with one thread, which posts its result back.
template <class T, class Done>
class job {
public:
  job(home& owner, Done done) : home_(owner), done_(done) {
    asio::post(pool_, [] { bench::pin(1); });
  }
  void send(T value) {
    asio::post(pool_, [this, value = std::move(value)]() mutable {
      asio::post(home_.context,
                 [done = done_, value = bench::work(std::move(value))]() mutable { done(std::move(value)); });
    });
  }
  ~job() { pool_.join(); }

private:
  home& home_;
  Done done_;
  asio::thread_pool pool_{1};
};

/// A message to another thread's context, which posts one back.
template <class T, class Done>
class message {
public:
  message(home& owner, Done done) : home_(owner), done_(done) {}
  ~message() {
    context_.stop();
    thread_.join();
  }
  void send(T value) {
    asio::post(context_, [this, value = std::move(value)]() mutable {
      asio::post(home_.context,
                 [done = done_, value = bench::work(std::move(value))]() mutable { done(std::move(value)); });
    });
  }

private:
  home& home_;
  Done done_;
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> alive_{context_.get_executor()};
  std::thread thread_{[this] {
    bench::pin(1);
    context_.run();
  }};
};

using strand = asio::strand<asio::thread_pool::executor_type>;

/// A pool of one thread on that CPU, and a way to wait until some work there is over.
class strands {
public:
  explicit strands(std::size_t cpu = 0) {
    std::atomic<bool> pinned{false};
    asio::post(pool, [&pinned, cpu] {
      bench::pin(cpu);
      pinned = true;
    });
    while (!pinned) std::this_thread::yield();
  }
  ~strands() { pool.join(); }
  void over() {
    over_.store(true);
    over_.notify_one();
  }
  void wait() {
    over_.wait(false);
    over_.store(false);
  }
  asio::thread_pool pool{1};

private:
  std::atomic<bool> over_{false};
};

/// Two strands that send each other a number, which counts down. On one pool of two threads they would stay
/// on the thread that posts: two have a pool each.
template <std::size_t Threads>
struct ping_pong {
  double operator()(std::size_t count) {
    const stopwatch watch;
    asio::post(first, player{this, count, true});
    all.wait();
    return watch.seconds();
  }
  struct player {
    void operator()() const {
      if (left == 0) return self->all.over();
      asio::post(at_first ? self->second : self->first, player{self, left - 1, !at_first});
    }
    ping_pong* self;
    std::size_t left;
    bool at_first;
  };
  strands all;
  strands other{Threads - 1};
  strand first{asio::make_strand(all.pool)};
  strand second{asio::make_strand((Threads == 1 ? all : other).pool)};
};

/// A strand with private state for each actor; a token goes round.
struct ring {
  struct member {
    explicit member(asio::thread_pool& pool) : queue(asio::make_strand(pool)) {}
    strand queue;
    std::size_t visits = 0;
  };
  struct token {
    void operator()() const {
      ++self->members[at].visits;
      if (left == 0) return self->all.over();
      const std::size_t next = at + 1 == self->members.size() ? 0 : at + 1;
      asio::post(self->members[next].queue, token{self, next, left - 1});
    }
    ring* self;
    std::size_t at;
    std::size_t left;
  };
  double operator()(std::size_t count) {
    while (members.size() < count) members.emplace_back(all.pool);
    const stopwatch watch;
    asio::post(members[0].queue, token{this, 0, count - 1});
    all.wait();
    return watch.seconds();
  }
  strands all;
  std::vector<member> members;
};

struct spawned {
  double operator()(std::size_t count) {
    const bench::heap_growth heap;
    const stopwatch watch;
    std::vector<ring::member> members;
    members.reserve(count);
    while (members.size() < count) members.emplace_back(all.pool);
    for (ring::member& each : members) asio::post(each.queue, [&each] { ++each.visits; });
    asio::post(members.back().queue, [this] { all.over(); });
    all.wait();
    const double seconds = watch.seconds();
    bytes = heap.bytes() / static_cast<double>(count);
    return seconds;
  }
  double bytes = 0;
  strands all;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace bench;
  row<round_trips<home, job>>("round trip/job, asleep", 10'000);
  row<round_trips<home, message>>("round trip/message, asleep", 10'000);
  row<round_trips<home, job, std::string>>("1 MiB/handed to a job", 1'000);
  row<round_trips<home, message, std::string>>("1 MiB/handed to a worker", 1'000);
  row<fan_out<home, message>>("fan-out/4 workers, asleep", 5'000);
  row<many_outstanding<home, job>>("1,000 outstanding/jobs", 100'000);
  row<many_outstanding<home, message>>("1,000 outstanding/messages", 100'000);
  row<ping_pong<1>>("actors/ping-pong, one worker", 200'000);
  row<ping_pong<2>>("actors/ping-pong, two workers", 20'000);
  row<spawned>("actors/10^6 spawned and greeted", 1'000'000, 2);
  row<ring>("actors/10^6 in a ring", 1'000'000, 3);
  return run(argc, argv);
}
