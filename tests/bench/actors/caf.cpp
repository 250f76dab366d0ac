// CAF's rows. A detached actor on the first CPU stands for the loop, detached ones on the second for the
// workers.
#include <caf/all.hpp>

#include "rows.hpp"

namespace {

using bench::expect;
using bench::stopwatch;
using start = caf::atom_constant<caf::atom("start")>;
using stop = caf::atom_constant<caf::atom("stop")>;
using next_is = caf::atom_constant<caf::atom("next")>;

caf::actor_system_config with_threads(std::size_t threads) {
  bench::unpin();
  caf::actor_system_config config;
  config.set("scheduler.max-threads", threads);
  return config;
}

/// A system with its scheduler's threads, and the program's end of it.
class with_system {
public:
  explicit with_system(std::size_t threads = 1) : config_(with_threads(threads)) {}

protected:
  /// What the actor `home` answers when it is told to start.
  double seconds_of(const caf::actor& home, std::size_t count) {
    double seconds = 0;
    main->request(home, caf::infinite, start::value, count)
        .receive([&seconds](double answer) { seconds = answer; },
                 [](const caf::error&) { expect(false, "an answer of the first actor"); });
    return seconds;
  }

private:
  caf::actor_system_config config_;

public:
  caf::actor_system system{config_};
  caf::scoped_actor main{system};
};

/// Answers each value: as the result of a request, or as a message of its own.
template <class T>
caf::behavior worker() {
  bench::pin(1);
  return {[](T& value) { return bench::work(std::move(value)); }};
}

/// A loop's part of a row: `Row::begin(count)`, and `Row::came_back(T&)` for each answer.
template <class Row, class T>
caf::behavior home(caf::event_based_actor* self, Row* row) {
  bench::pin(0);
  row->self = self;
  return {[row](start, std::size_t count) {
            row->answer = row->self->template make_response_promise<double>();
            row->begin(count);
            return row->answer;
          },
          [row](T& value) { row->came_back(value); }};
}

/// How a value travels: as a request with a handler for its answer, or as a message each way.
enum class as { request, message };

template <class Row, class T, as How>
class sender : public with_system {
public:
  sender() {
    for (std::size_t each = 0; each < bench::crowd; ++each) {
      workers_.push_back(system.template spawn<caf::detached>(worker<T>));
    }
    home_ = system.template spawn<caf::detached>(home<Row, T>, static_cast<Row*>(this));
  }
  ~sender() {
    caf::anon_send_exit(home_, caf::exit_reason::user_shutdown);
    for (const caf::actor& each : workers_) caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
  }
  double operator()(std::size_t count) { return seconds_of(home_, count); }

  void send(T value, std::size_t to = 0) {
    if constexpr (How == as::message) return self->send(workers_[to], std::move(value));
    auto* const row = static_cast<Row*>(this);
    self->request(workers_[to], caf::infinite, std::move(value)).then([row](T& back) {
      row->came_back(back);
    });
  }
  /// The row may be gone as soon as the answer is given.
  void finish() {
    auto last = std::move(answer);
    last.deliver(watch.seconds());
  }

  caf::event_based_actor* self = nullptr;
  caf::typed_response_promise<double> answer;
  stopwatch watch;

private:
  std::vector<caf::actor> workers_;
  caf::actor home_;
};

template <as How, class T = int>
struct round_trips : sender<round_trips<How, T>, T, How> {
  void begin(std::size_t count) {
    left = count;
    this->watch = stopwatch();
    laps.start();
    this->send(bench::first_of<T>());
  }
  void came_back(T& value) {
    laps.lap();
    expect(bench::worked(value), "the work of a round trip");
    if (--left == 0) return this->finish();
    bench::undo(value);
    this->send(std::move(value));
  }
  std::size_t left = 0;
  bench::lap_times laps;
};

template <as How>
struct many_outstanding : sender<many_outstanding<How>, int, How> {
  void begin(std::size_t count) {
    to_send = count;
    left = count;
    this->watch = stopwatch();
    for (std::size_t each = 0; each < bench::outstanding && to_send > 0; ++each) send_one();
  }
  void send_one() {
    --to_send;
    this->send(0);
  }
  void came_back(int& value) {
    expect(bench::worked(value), "the work of an answer");
    if (to_send > 0) send_one();
    if (--left == 0) this->finish();
  }
  std::size_t to_send = 0;
  std::size_t left = 0;
};

struct fan_out : sender<fan_out, int, as::message> {
  void begin(std::size_t count) {
    left = count;
    watch = stopwatch();
    laps.start();
    send_all();
  }
  void send_all() {
    away = bench::crowd;
    for (std::size_t each = 0; each < bench::crowd; ++each) send(0, each);
  }
  void came_back(int& value) {
    expect(bench::worked(value), "the work of a fan-out");
    if (--away > 0) return;
    laps.lap();
    if (--left == 0) return finish();
    send_all();
  }
  std::size_t left = 0;
  std::size_t away = 0;
  bench::lap_times laps;
};

/// Passes a number on, less one, to the actor that it was told of; zero goes to who asked.
caf::behavior passes(caf::event_based_actor* self, caf::actor asked) {
  return {[=](next_is, const caf::actor& next) {
    self->become([=](std::size_t left) { self->send(left > 0 ? next : asked, left > 0 ? left - 1 : left); },
                 [=](stop) {
                   self->send(next, stop::value);
                   self->quit();
                 });
  }};
}

/// Actors of the scheduler in a ring; each knows the next.
class ring_of : public with_system {
public:
  ring_of(std::size_t threads) : with_system(threads) {}
  ~ring_of() {
    if (!members_.empty()) main->send(members_.front(), stop::value);
  }

protected:
  void make(std::size_t count) {
    while (members_.size() < count) members_.push_back(system.spawn(passes, caf::actor(main)));
    for (std::size_t each = 0; each < count; ++each) {
      main->send(members_[each], next_is::value, members_[each + 1 == count ? 0 : each + 1]);
    }
  }
  double pass(std::size_t count) {
    const stopwatch watch;
    main->send(members_.front(), count);
    main->receive([](std::size_t left) { expect(left == 0, "every hop"); });
    return watch.seconds();
  }
  bool made() const { return !members_.empty(); }

private:
  std::vector<caf::actor> members_;
};

template <std::size_t Threads>
struct ping_pong : ring_of {
  ping_pong() : ring_of(Threads) { make(2); }
  double operator()(std::size_t count) { return pass(count); }
};

struct ring : ring_of {
  ring() : ring_of(1) {}
  double operator()(std::size_t count) {
    if (!made()) make(count);
    return pass(count);
  }
};

/// Each is spawned and gets one message.
struct spawned : with_system {
  double operator()(std::size_t count) {
    std::atomic<std::size_t> left{count};
    std::vector<caf::actor> members;
    members.reserve(count);
    const bench::heap_growth heap;
    const stopwatch watch;
    while (members.size() < count) members.push_back(system.spawn(greets, &left));
    for (const caf::actor& each : members) main->send(each, start::value);
    for (std::size_t now; (now = left.load()) > 0;) left.wait(now);
    const double seconds = watch.seconds();
    bytes = heap.bytes() / static_cast<double>(count);
    for (const caf::actor& each : members) caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    while (system.registry().running() > 1) std::this_thread::yield();  // `main` stays
    return seconds;
  }
  static caf::behavior greets(caf::event_based_actor*, std::atomic<std::size_t>* left) {
    return {[left](start) {
      if (--*left == 0) left->notify_one();
    }};
  }
  double bytes = 0;
};

}  // namespace

int main(int argc, char** argv) {
  using bench::row;
  row<round_trips<as::request>>("round trip/job, asleep", 10'000);
  row<round_trips<as::message>>("round trip/message, asleep", 10'000);
  row<fan_out>("fan-out/4 workers, asleep", 5'000);
  row<round_trips<as::request, std::string>>("1 MiB/handed to a job", 1'000);
  row<round_trips<as::message, std::string>>("1 MiB/handed to a worker", 1'000);
  row<many_outstanding<as::request>>("1,000 outstanding/jobs", 100'000);
  row<many_outstanding<as::message>>("1,000 outstanding/messages", 100'000);
  row<ping_pong<1>>("actors/ping-pong, one worker", 200'000);
  row<ping_pong<2>>("actors/ping-pong, two workers", 20'000);
  row<spawned>("actors/10^6 spawned and greeted", 1'000'000, 2);
  row<ring>("actors/10^6 in a ring", 1'000'000, 3);
  return bench::run(argc, argv);
}
