#include <algorithm>
#include <functional>
#include <ostream>
#include <string>
#include <trireme/core/context.hpp>
#include <vector>

#include "pool_fixture.hpp"

// A stop at every point of a job's life, in every way that there is: one answer, and the neighbours as ever.

namespace trireme::actors {
namespace {

using trireme::testing::order;
using namespace std::chrono_literals;

enum class at { waiting, handed_out, claimed, running, finished, being_delivered, delivered };
enum class by { handle, context, deadline, destruction };

struct stop {
  at where;
  by what;
  friend std::ostream& operator<<(std::ostream& out, const stop& printed) {
    constexpr const char* places[] = {"waiting",  "handed out",      "claimed",  "running",
                                      "finished", "being delivered", "delivered"};
    constexpr const char* ways[] = {"by handle", "by context", "by deadline", "by destruction"};
    return out << places[static_cast<int>(printed.where)] << ", " << ways[static_cast<int>(printed.what)];
  }
};

/// But a pool that is destroyed while a job of its runs: that takes a thread, and PoolThreads has it.
std::vector<stop> every_stop() {
  std::vector<stop> all;
  for (int where = 0; where <= static_cast<int>(at::delivered); ++where) {
    const bool at_work = where == static_cast<int>(at::claimed) || where == static_cast<int>(at::running);
    for (int what = 0; what <= static_cast<int>(at_work ? by::deadline : by::destruction); ++what) {
      all.push_back({static_cast<at>(where), static_cast<by>(what)});
    }
  }
  return all;
}

/// An argument that says when a claimed job's function is about to be called: it is moved into its parameter.
class tripwire {
public:
  explicit tripwire(std::function<void()> tripped) : tripped_(std::move(tripped)) {}
  tripwire(tripwire&& other) : tripped_(std::move(other.tripped_)) {
    if (armed && tripped_) tripped_();
  }
  static inline bool armed = false;

private:
  std::function<void()> tripped_;
};

class PoolStop : public testing::by_hand, public ::testing::WithParamInterface<stop> {
protected:
  at where() const { return GetParam().where; }
  by what() const { return GetParam().what; }

  void reach(at point) {
    if (point == where()) stop_now();
  }
  void stop_now() {
    switch (what()) {
      case by::handle:
        return handle.cancel();
      case by::context:
        return mine->request_stop();
      case by::deadline:
        loop.time().advance(10ms);
        if (where() < at::finished) loop.poll();  // later it is the loop that is at work
        return;
      case by::destruction:
        return workers.reset();
    }
  }
  void submit(pool& subject) {
    job_options how;
    if (what() == by::deadline) how.within(5ms);
    loop.run_in(mine, [&] {
      handle = subject.with(how).run_then(
          [this](const error& failure) {
            reach(at::being_delivered);
            note("job")(failure);
          },
          [this](tripwire) {
            ran = true;
            reach(at::running);
          },
          tripwire([this] { reach(at::claimed); }));
    });
  }
  /// What the answer must be.
  std::string answer() const {
    if (where() >= at::being_delivered) return "job";
    if (what() == by::deadline)
      return where() == at::finished ? "job" : "job: " + error(errc::timed_out).message();
    return "job: " + error(errc::canceled).message();
  }

  const context_ptr mine = context::make({});
  job_handle handle;
  bool ran = false;
};

TEST_P(PoolStop, BringsOneAnswerAndLeavesTheNeighboursAlone) {
  pool& subject = make(options());
  if (where() == at::waiting) subject.run_then(note("before"), [] {});
  submit(subject);
  subject.run_then(note("after"), [](job_context& self) { EXPECT_FALSE(self.stop_requested()); });
  if (where() <= at::handed_out) stop_now();
  tripwire::armed = true;
  host.step();
  tripwire::armed = false;
  reach(at::finished);
  workers ? host.settle(loop) : static_cast<void>(loop.run());
  reach(at::delivered);
  workers ? host.settle(loop) : static_cast<void>(loop.run());
  EXPECT_FALSE(handle.active());
  EXPECT_EQ(ran, where() >= at::claimed);
  EXPECT_EQ(std::count(log.events().begin(), log.events().end(), answer()), 1) << log;
  EXPECT_EQ(log.events().size(), where() == at::waiting ? 3u : 2u) << log;
  if (workers) {
    EXPECT_EQ(log.events().back(), "after");
    EXPECT_EQ(workers->outstanding(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(AtEveryPointInEveryWay, PoolStop, ::testing::ValuesIn(every_stop()));

class PoolAnswers : public testing::by_hand {};

/// Those of one worker come together: a stop from the first still reaches the next, which was finished long
/// ago.
TEST_F(PoolAnswers, AreReplacedByAStopFromTheOneBefore) {
  pool& subject = make(options());
  auto like = subject.with(job_options().named("short"));
  like.run_then(nobody(), [] {});
  host.settle(loop);  // from here on such jobs are handed out in advance
  job_handle second;
  like.run_then([&](const error&) { second.cancel(); }, [] {});
  second = like.run_then(note("second"), job("second"));
  loop.poll();
  host.step();
  host.step();
  EXPECT_EQ(log, (order{"run second"}));
  loop.poll();
  EXPECT_EQ(log, (order{"run second", "second: " + error(errc::canceled).message()}));
}

}  // namespace
}  // namespace trireme::actors
