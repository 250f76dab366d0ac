#include <functional>
#include <utility>

#include "pool_fixture.hpp"

// What a job holds may do anything when it is destroyed.

namespace trireme::actors {
namespace {

using testing::by_hand;
using trireme::testing::order;
using namespace std::chrono_literals;

class PoolReentry : public by_hand {
protected:
  /// A job that holds the last of what owns the pool.
  auto last_owner() {
    return [owned = std::shared_ptr<pool>(workers.release())] {};
  }
};

TEST_F(PoolReentry, MayDestroyThePoolFromACanceledJob) {
  pool& subject = make(options());
  subject.run_then(note("first"), [] {});
  const job_handle held = subject.run_then(note("second"), last_owner());
  held.cancel();
  host.settle(loop);
  EXPECT_EQ(log, (order{"second: " + error(errc::canceled).message(),
                        "first: " + error(errc::canceled).message()}));
}

TEST_F(PoolReentry, MayDestroyThePoolFromAJobThatIsTooLateWhileJobsAreHandedOut) {
  pool& subject = make(options(2));
  const auto slow = [&] { return subject.with(job_options().named("slow").within(12ms)); };
  slow().run_then(nobody(), [this] { loop.time().advance(10ms); });
  host.settle(loop);
  for (int busy = 0; busy < 2; ++busy) subject.run_then(nobody(), [] {});
  subject.run_then(note("next"), [] {});
  slow().run_then(note("late"), last_owner());
  loop.time().advance(5ms);
  host.step();
  host.settle(loop);
  EXPECT_EQ(log.events().size(), 2u);
}

TEST_F(PoolReentry, MayDestroyThePoolFromAJobThatMadeRoom) {
  pool_options how = options();
  how.queue_limit = 1;
  how.policy = when_full::drop_oldest;
  pool& subject = make(how);
  subject.run_then(nobody(), [] {});
  subject.run_then(note("dropped"), last_owner());
  subject.run_then(note("third"), [] {});
  host.settle(loop);
  EXPECT_EQ(log, (order{"dropped: pool: " + error(errc::full).message(),
                        "third: " + error(errc::canceled).message()}));
}

TEST_F(PoolReentry, KeepsItsLimitWhereADroppedJobSubmitsOthers) {
  pool_options how = options();
  how.queue_limit = 2;
  how.policy = when_full::drop_oldest;
  pool& subject = make(how);
  const auto submits_two = [&](int*) {
    for (int each = 0; each < 2; ++each) subject.run_then(nobody(), [] {});
  };
  static int something;
  subject.run_then(nobody(), [] {});
  subject.run_then(nobody(),
                   [held = std::unique_ptr<int, decltype(submits_two)>(&something, submits_two)] {});
  for (int each = 0; each < 2; ++each) {
    subject.run_then(nobody(), [] {});
    EXPECT_EQ(subject.outstanding(), 3u);
  }
  loop.poll();
  EXPECT_EQ(subject.outstanding(), 3u);
  host.settle(loop);
}

// A lambda that captured something constant is copied where it should move.
TEST_F(PoolReentry, DestroysWhatACanceledJobHeldThoughAWorkerWasHandedIt) {
  pool& subject = make(options());
  auto held = std::make_shared<const int>(1);
  const std::weak_ptr<const int> watched = held;
  const job_handle handed = subject.run_then(note("job"), [kept = std::as_const(held)] {});
  held.reset();
  handed.cancel();
  EXPECT_TRUE(watched.expired());
  host.settle(loop);
  EXPECT_EQ(log, (order{"job: " + error(errc::canceled).message()}));
}

}  // namespace
}  // namespace trireme::actors
