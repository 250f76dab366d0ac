#include <trireme/actors/manual_host.hpp>

#include <chrono>

#include "pool_fixture.hpp"

namespace trireme::actors {
namespace {

using testing::by;
using trireme::testing::order;
using trireme::testing::test_loop;
using namespace std::chrono_literals;

TEST(ManualHost, LetsTheTestChooseWhichWorkerIsNext) {
  test_loop loop;
  manual_host host;
  pool workers(loop, by(host, 2));
  order log;
  for (int job = 0; job < 3; ++job) {
    workers.run_then(
        [&, job](const error&, std::size_t index) {
          log("job " + std::to_string(job) + " on " + std::to_string(index));
        },
        [](job_context& self) { return self.worker_index(); });
  }
  host.step();
  EXPECT_TRUE(host.step(1));
  EXPECT_FALSE(host.step(1)) << "the loop hands out, and has not turned since";
  loop.poll();
  EXPECT_TRUE(host.step(1));
  loop.poll();
  EXPECT_TRUE(host.step(0));
  EXPECT_FALSE(host.step(0));
  loop.poll();
  EXPECT_EQ(log, (order{"job 1 on 1", "job 2 on 1", "job 0 on 0"}));
}

TEST(ManualHost, RunsWorkersUnderTheLoopsVirtualTime) {
  test_loop loop;
  manual_host host;
  pool workers(loop, by(host, 2));
  order log;
  loop.set_timeout(5ms, [&] {
    log("timer");
    workers.run_then([&](const error&) { log("answer"); }, [&] { log("job"); });
    loop.set_timeout(5ms, [&] { log("next timer"); });
  });
  host.run(loop);
  EXPECT_EQ(log, (order{"timer", "job", "answer", "next timer"}));
  EXPECT_EQ(loop.now().time_since_epoch(), 10ms);
}

}  // namespace
}  // namespace trireme::actors
