// The rows of our actors.
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/remote_loop.hpp>

#include "trireme_actors.hpp"

#include "rows.hpp"

namespace {

using namespace trireme;
using bench::expect;
using bench::stopwatch;

template <class Ref, class Message>
void tell(const Ref& whom, Message message) {
  expect(whom.tell(std::move(message)) == posting::posted, "a message to an actor");
}

/// A loop, and actors on threads that run where the system likes.
class with_system {
public:
  explicit with_system(std::size_t threads = 1) : system(on, options(threads)) {}

protected:
  void run() {
    const pending_work alive(on);
    on.run();
  }
  loop on;
  actors::actor_system system;

private:
  static actors::actor_system_options options(std::size_t threads) {
    bench::unpin();
    actors::actor_system_options made;
    made.workers = threads;
    return made;
  }
};

struct hop {
  std::size_t left = 0;
};
struct next_is;

using counted = std::shared_ptr<std::atomic<std::size_t>>;

/// Passes a number on, less one; at zero the loop is told.
class passes : public actors::actor<passes> {
public:
  passes(remote_loop asked, std::shared_ptr<std::atomic<loop*>> stopped, counted linked)
      : asked_(std::move(asked)), stopped_(std::move(stopped)), linked_(std::move(linked)) {}
  void on(hop what) {
    if (what.left > 0) return tell(next_, hop{what.left - 1});
    callback done = [stopped = stopped_] { stopped->load()->stop(); };
    expect(asked_.post(done) == posting::posted, "the last hop");
  }
  void on(next_is what);

private:
  remote_loop asked_;
  std::shared_ptr<std::atomic<loop*>> stopped_;
  counted linked_;
  actors::actor_ref<passes> next_;
};

struct next_is {
  actors::actor_ref<passes> who;
};
void passes::on(next_is what) {
  next_ = what.who;
  ++*linked_;
}

class ring_of : public with_system {
public:
  using with_system::with_system;

protected:
  void make(std::size_t count) {
    const auto stopped = std::make_shared<std::atomic<loop*>>(&on);
    const auto linked = std::make_shared<std::atomic<std::size_t>>(0);
    while (members_.size() < count) members_.push_back(system.spawn<passes>(on.remote(), stopped, linked));
    for (std::size_t each = 0; each < count; ++each) {
      tell(members_[each], next_is{members_[each + 1 == count ? 0 : each + 1]});
    }
    while (linked->load() < count) std::this_thread::yield();
  }
  double pass(std::size_t count) {
    const stopwatch watch;
    tell(members_.front(), hop{count});
    run();
    return watch.seconds();
  }
  bool made() const { return !members_.empty(); }

private:
  std::vector<actors::actor_ref<passes>> members_;
};

template <std::size_t Threads>
struct ping_pong : ring_of {
  ping_pong() : ring_of(Threads) { make(2); }
  double operator()(std::size_t count) { return pass(count); }
};

struct ring : ring_of {
  double operator()(std::size_t count) {
    if (!made()) make(count);
    return pass(count);
  }
};

struct greeting {};

class greets : public actors::actor<greets> {
public:
  explicit greets(counted left) : left_(std::move(left)) {}
  void on(greeting) {
    if (--*left_ == 0) left_->notify_one();
  }

private:
  counted left_;
};

/// Each is spawned and gets one message.
struct spawned : with_system {
  double operator()(std::size_t count) {
    const auto left = std::make_shared<std::atomic<std::size_t>>(count);
    std::vector<actors::actor_ref<greets>> members;
    members.reserve(count);
    const bench::heap_growth heap;
    const stopwatch watch;
    while (members.size() < count) members.push_back(system.spawn<greets>(left));
    for (const auto& each : members) tell(each, greeting());
    for (std::size_t now; (now = left->load()) > 0;) left->wait(now);
    const double seconds = watch.seconds();
    bytes = heap.bytes() / static_cast<double>(count);
    for (const auto& each : members) each.stop();
    while (system.alive() > 0) std::this_thread::yield();
    return seconds;
  }
  double bytes = 0;
};

}  // namespace

void actor_rows() {
  using bench::row;
  row<ping_pong<1>>("actors/ping-pong, one worker", 200'000);
  row<ping_pong<2>>("actors/ping-pong, two workers", 20'000);
  row<spawned>("actors/10^6 spawned and greeted", 1'000'000, 2);
  row<ring>("actors/10^6 in a ring", 1'000'000, 3);
}
