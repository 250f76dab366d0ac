#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <trireme/actors/pool.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/proto/server.hpp>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;

/// A server that tells of its drain, and a pool for it.
struct told_server {
  told_server(loop& on, const std::string& name, order& log) : workers(on), served(on, workers) {
    served.listen("127.0.0.1", 0);
    served.on_drain([&log, name] { log(name + " drains"); });
  }
  actors::pool workers;
  proto::server served;
};

TEST(ServerSignal, DrainsEveryServerOfTheLoopBeforeItStops) {
  test_loop loop;
  order log;
  told_server first(loop, "first", log);
  told_server second(loop, "second", log);
  loop.set_interval(1h, [] {});
  loop.set_immediate([] { ::raise(SIGTERM); });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(log, (order{"first drains", "second drains"}));
  EXPECT_EQ(loop.counters().get("proto.servers_draining").value(), 0);
}

TEST(ServerSignal, IsTakenNoMoreOnceTheServerHasGone) {
  test_loop loop;
  order log;
  { told_server gone(loop, "gone", log); }
  struct sigaction now {};
  ::sigaction(SIGTERM, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

}  // namespace
