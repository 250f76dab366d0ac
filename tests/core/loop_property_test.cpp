// Random programs against the rules of the loop, each with its seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/scope.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <tuple>
#include <utility>
#include <vector>

#include "watched_pair.hpp"

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::test_loop;
using trireme::testing::watched_pair;

/// Arms 200 things at random, 0 to 2 in every callback, and keeps score of every rule broken.
class program {
public:
  explicit program(unsigned seed) : random_(seed), clamp_(seed % 3 == 0 ? 1ms : 0ms), loop_(options()) {
    idle_ = loop_.on_idle(macrotask());
    prepare_ = loop_.on_prepare(macrotask());
    check_ = loop_.on_check(macrotask());
    for (hook* const each : {&idle_, &prepare_, &check_}) each->unref();
  }
  void run() {
    while (left_ > 0) {
      arm();
      idle_.clear();  // virtual time would stand still
      loop_.run();
    }
  }
  int broken = 0, nested = 0, early = 0, disordered = 0, elsewhere = 0, ran = 0;

private:
  loop_options options() const {
    loop_options chosen;
    chosen.timer_clamp = clamp_;
    return chosen;
  }
  void arm() {
    if (left_ == 0) return;
    --left_;
    switch (random_() % 9) {
      case 0:
        ++small_;
        return loop_.next_tick(small());
      case 1:
        ++small_;
        return loop_.queue_microtask(small());
      case 2:
        ++small_;
        return promise<void>::resolved(loop_).then(small()).detach();
      case 3:
        return static_cast<void>(loop_.set_immediate(macrotask()));
      case 4:
        return loop_.defer_pending(macrotask());
      case 5:
        return loop_.defer_close(macrotask());
      case 6:
        return static_cast<void>(loop_.post(macrotask()));
      default:
        return timeout();
    }
  }
  /// Due times count from the call: time that a callback takes before or after it does not shorten the delay.
  void timeout() {
    const duration delay = std::chrono::milliseconds(random_() % 4);
    const time_point from = loop_.time().now();
    const auto key = std::make_tuple(from + std::max(delay, clamp_), armed_++);
    const bool counts_from_turn = delay == 0ms && clamp_ == 0ms;  // the loop's time, read once a turn
    loop_.set_timeout(delay, [this, key, counts_from_turn] {
      const time_point now = loop_.now();
      early += now < std::get<0>(key);
      if (!counts_from_turn && now == last_now_) disordered += key < last_fired_;
      if (!counts_from_turn) last_fired_ = key;
      last_now_ = now;
      macro_body();
    });
  }
  callback small() {
    return [this] {
      --small_;
      body();
    };
  }
  callback macrotask() {
    return [this] { macro_body(); };
  }
  void macro_body() {
    broken += small_ != 0;
    body();
  }
  void body() {
    nested += std::exchange(inside_, true);
    elsewhere += std::this_thread::get_id() != thread_;
    ++ran;
    for (unsigned more = random_() % 3; more > 0; --more) {
      if (random_() % 8 == 0) loop_.time().advance(std::chrono::microseconds(random_() % 1500));
      arm();
    }
    inside_ = false;
  }

  std::mt19937 random_;
  const duration clamp_;
  test_loop loop_;
  hook idle_, prepare_, check_;
  std::thread::id thread_ = std::this_thread::get_id();
  int left_ = 200, small_ = 0;
  unsigned armed_ = 0;
  bool inside_ = false;
  std::tuple<time_point, unsigned> last_fired_{time_point::min(), 0};
  time_point last_now_ = time_point::min();
};

// A18, B04, B13, B14, B15: no macrotask starts while a tick or microtask waits, none nests, timers are never
// early, also where callbacks let time pass, and come by deadline, equal ones as armed.
TEST(LoopProperty, KeepsItsRulesInRandomPrograms) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    program random(seed);
    random.run();
    ASSERT_GE(random.ran, 200) << seed;
    ASSERT_EQ(random.broken, 0) << seed;
    ASSERT_EQ(random.nested, 0) << seed;
    ASSERT_EQ(random.early, 0) << seed;
    ASSERT_EQ(random.disordered, 0) << seed;
    ASSERT_EQ(random.elsewhere, 0) << seed;
  }
}

// A06, B14: intervals and timeouts of one duration, armed while time passes: none fires before one that is
// due earlier and waits as well.
TEST(LoopProperty, FiresByDeadlineWhereIntervalsAndTimeoutsShareADuration) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    test_loop loop;
    std::vector<time_point> waiting;
    int disordered = 0, calls = 0;
    const auto fires = [&](time_point due) {
      const auto own = std::find(waiting.begin(), waiting.end(), due);
      ASSERT_NE(own, waiting.end());
      waiting.erase(own);
      // The most urgent that could have fired at this instant: armed before this pass, and due before.
      for (const time_point other : waiting) disordered += other < due;
    };
    time_point next = loop.now() + 10ms;
    waiting.push_back(next);
    timer every;
    every = loop.set_interval(10ms, [&] {
      fires(next);
      const time_point begun = loop.time().now();
      loop.time().advance(std::chrono::milliseconds(random() % 8));
      if (random() % 2 == 0) {
        const time_point due = loop.time().now() + 10ms;
        waiting.push_back(due);
        loop.set_timeout(10ms, [&, due] { fires(due); });
      }
      if (++calls == 50) return every.clear();
      next = begun + 10ms;
      waiting.push_back(next);
    });
    loop.run();
    ASSERT_TRUE(waiting.empty()) << seed;
    ASSERT_EQ(disordered, 0) << seed;
  }
}

/// Makes and destroys anything from within anything.
class destroyer {
public:
  explicit destroyer(unsigned seed) : random_(seed) {
    loop.on_uncaught([](const error&) {});  // resolvers that go reject
    while (loop_work_.size() < 8) loop_work_.push_back(timer());
  }
  void step() {
    if (left == 0) return over();
    --left;
    make();
    destroy();
  }
  void over() {
    hooks_.clear();
    pairs_.clear();
    for (timer& each : loop_work_) each.clear();
    resolvers_.clear();
    for (auto& each : scopes_) each->cancel();
  }

  test_loop loop;
  std::shared_ptr<int> counted = std::make_shared<int>();
  int left = 400;
  long calls = 0;

private:
  callback work() {
    return [this, kept = counted] {
      ++calls;
      step();
      if (*kept != 0) std::abort();  // what runs stays whole
    };
  }
  std::size_t pick(std::size_t size) { return random_() % size; }
  duration soon() { return std::chrono::milliseconds(random_() % 3); }

  void make() {
    switch (random_() % 11) {
      case 0:
        replace_timer(loop.set_timeout(soon(), work()));
        break;
      case 1:
        replace_timer(loop.set_interval(soon() + 1ms, work()));
        break;
      case 2:
        immediates_.push_back(loop.set_immediate(work()));
        break;
      case 3:
        hooks_.push_back(loop.on_prepare(work()));
        break;
      case 4:
        hooks_.push_back(loop.on_check(work()));
        break;
      case 5:
        make_pair_of_sockets();
        break;
      case 6:
        make_answer();
        break;
      case 7:
        make_task();
        break;
      case 8:
        loop.next_tick(work());
        break;
      case 9:
        loop.queue_microtask(work());
        break;
      default:
        loop.defer_close(work());
    }
    loop.set_timeout(soon(), work());  // goes on
  }
  void replace_timer(timer made) {
    std::swap(loop_work_[pick(8)], made);
    made.clear();
  }
  void make_pair_of_sockets() {
    pairs_.push_back(std::make_unique<watched_pair>(loop, [this, kept = counted] { step(); }));
    pairs_.back()->send_byte();
    pairs_.back()->send_byte();
  }
  void make_answer() {
    auto [answer, settle] = make_promise<int>(loop);
    promises_.push_back(std::move(answer).then([this, kept = counted](int value) {
      step();
      return value;
    }));
    resolvers_.push_back(std::move(settle));
  }
  void make_task() {
    if (scopes_.empty() || random_() % 2 == 0) scopes_.push_back(std::make_unique<scope>(loop));
    scopes_.back()->spawn([this, kept = counted]() -> task<void> {
      co_await sleep_for(loop, soon());
      // A task must not destroy its own scope: the step comes as a callback of its own.
      loop.set_immediate(work());
      co_await sleep_for(loop, 1h);
    });
  }

  template <class T>
  void drop_one(std::vector<T>& from) {
    if (from.empty()) return;
    const auto which = from.begin() + static_cast<std::ptrdiff_t>(pick(from.size()));
    T gone = std::move(*which);  // out of the table first: what goes may come back here
    from.erase(which);
  }
  void destroy() {
    switch (random_() % 9) {
      case 0:
        loop_work_[pick(8)].clear();
        break;
      case 1:
        loop_work_[pick(8)].refresh();
        break;
      case 2:
        for (const immediate each : immediates_) loop.clear_immediate(each);
        immediates_.clear();
        break;
      case 3:
        drop_one(hooks_);
        break;
      case 4:
        drop_one(pairs_);
        break;
      case 5:
        drop_one(promises_);
        break;
      case 6:
        if (!resolvers_.empty()) resolvers_[pick(resolvers_.size())].resolve(1);
        drop_one(resolvers_);
        break;
      case 7:
        drop_one(scopes_);
        break;
      default:
        if (!scopes_.empty()) scopes_[pick(scopes_.size())]->cancel();
    }
  }

  std::mt19937 random_;
  std::vector<timer> loop_work_;
  std::vector<immediate> immediates_;
  std::vector<hook> hooks_;
  std::vector<std::unique_ptr<watched_pair>> pairs_;
  std::vector<resolver<int>> resolvers_;
  std::vector<promise<int>> promises_;
  std::vector<std::unique_ptr<scope>> scopes_;
};

TEST(LoopProperty, LetsCallbacksDestroyAnything) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::shared_ptr<int> counted;
    {
      destroyer random(seed);
      counted = random.counted;
      random.step();
      random.loop.run();
      ASSERT_EQ(random.left, 0) << seed;
      ASSERT_GT(random.calls, 100) << seed;
    }
    ASSERT_EQ(counted.use_count(), 1) << seed;
  }
}

// The same, but the loop goes in the middle.
TEST(LoopProperty, GoesInTheMiddleOfRandomPrograms) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::shared_ptr<int> counted;
    {
      destroyer random(seed);
      counted = random.counted;
      random.step();
      for (unsigned turns = 0; turns < seed; ++turns) random.loop.run_once();
      random.left = 0;
    }
    ASSERT_EQ(counted.use_count(), 1) << seed;
  }
}

}  // namespace
