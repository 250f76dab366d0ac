#include <trireme/core/asio.hpp>

#include <gtest/gtest.h>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/connect_pair.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

#include "core/watched_pair.hpp"

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using trireme::testing::order;
using trireme::testing::test_loop;
using trireme::testing::watched_pair;

TEST(AsioBridge, KeepsTheLoopAliveForATimerOfAsio) {
  loop loop;
  order log;
  const auto start = std::chrono::steady_clock::now();
  asio::steady_timer timer(loop.context(), 10ms);
  timer.async_wait([&](asio::error_code failure) { log(failure ? failure.message() : "timer"); });
  EXPECT_TRUE(loop.alive());
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(log, (order{"timer"}));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 10ms);
  EXPECT_FALSE(loop.alive());
}

TEST(AsioBridge, FollowsEachHandlerWithTicksAndMicrotasks) {
  test_loop loop;
  order log;
  for (const auto* name : {"first", "second"}) {
    asio::post(loop.context(), [&, name] {
      log(name);
      loop.queue_microtask([&] { log("micro"); });
      loop.next_tick([&] { log("tick"); });
    });
  }
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(log, (order{"first", "tick", "micro", "second", "tick", "micro"}));
}

TEST(AsioBridge, CarriesBytesThroughAPairOfSockets) {
  test_loop loop;
  std::string got(5, '\0');
  asio::local::stream_protocol::socket near(loop.context()), far(loop.context());
  asio::local::connect_pair(near, far);
  asio::async_read(far, asio::buffer(got),
                   [](asio::error_code failure, std::size_t) { EXPECT_FALSE(failure); });
  loop.set_immediate([&] {
    asio::async_write(near, asio::buffer("hello", 5), [](asio::error_code failure, std::size_t size) {
      EXPECT_FALSE(failure);
      EXPECT_EQ(size, 5u);
    });
  });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(got, "hello");
}

TEST(AsioBridge, CallsInThePollPhase) {
  test_loop loop;
  order log;
  loop.set_timeout(0ms, [&] {
    asio::post(loop.context(), [&] { log("asio"); });
    loop.set_immediate([&] { log("immediate"); });
    loop.defer_pending([&] { log("pending"); });
  });
  loop.run();
  EXPECT_EQ(log, (order{"pending", "asio", "immediate"}));
}

TEST(AsioBridge, SendsExceptionsToUncaughtAndGoesOn) {
  test_loop loop;
  order log;
  loop.on_uncaught([&](const error& failure) { log("caught " + failure.message()); });
  loop.set_timeout(1h, [&] { log("timer"); });
  asio::post(loop.context(), [&] {
    loop.next_tick([&] { log("tick"); });
    throw std::runtime_error("it");
  });
  asio::post(loop.context(), [&] { log("next"); });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(log, (order{"caught it", "tick", "next", "timer"}));
}

TEST(AsioBridge, LeavesTheRestForTheNextRunWhenStopped) {
  test_loop loop;
  order log;
  asio::post(loop.context(), [&] {
    log("first");
    loop.stop(2);
  });
  asio::post(loop.context(), [&] { log("second"); });
  EXPECT_EQ(loop.run(), 2);
  EXPECT_EQ(log, (order{"first"}));
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(log, (order{"first", "second"}));
}

TEST(AsioBridge, StarvesNoOtherPhase) {
  test_loop loop;
  bool immediate = false;
  struct again {
    void operator()() const {
      if (!*done) asio::post(owner->context(), *this);
    }
    trireme::loop* owner;
    bool* done;
  };
  asio::post(loop.context(), again{&loop, &immediate});
  loop.set_immediate([&] { immediate = true; });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_TRUE(immediate);
}

// A07
TEST(AsioBridge, ReportsARefusedConnectionInThePollPhaseAndNeverFromTheCall) {
  loop loop;
  order log;
  asio::ip::tcp::acceptor taken(loop.context(), {asio::ip::address_v4::loopback(), 0});
  const auto closed = taken.local_endpoint();
  taken.close();
  asio::ip::tcp::socket socket(loop.context());
  phase current{};
  loop.on_phase([&](phase begun) { current = begun; });
  loop.set_immediate([&] {
    socket.async_connect(closed, [&](asio::error_code failure) {
      log(failure == asio::error::connection_refused ? "refused" : failure.message());
      log(to_string(current));
    });
    log("called");
  });
  loop.run();
  EXPECT_EQ(log, (order{"called", "refused", "poll"}));
}

// Events that came together: one handler throws, and the others' turn comes all the same, in each way to
// turn.
TEST(AsioBridge, LosesNoEventBehindAHandlerThatThrows) {
  loop loop;
  order log;
  loop.on_uncaught([&](const error& failure) { log(failure.message()); });
  asio::local::stream_protocol::socket mine(loop.context()), other(loop.context());
  asio::local::connect_pair(mine, other);
  watched_pair watched(loop, [&] { log("byte"); });
  for (int round = 0; round < 3; ++round) {
    mine.async_wait(asio::socket_base::wait_read,
                    [](asio::error_code) { throw std::runtime_error("thrown"); });
    char byte = 'x';
    asio::write(other, asio::buffer(&byte, 1));
    watched.send_byte();
    for (int turns = 0; turns < 4; ++turns) loop.poll();
    asio::read(mine, asio::buffer(&byte, 1));
    EXPECT_EQ(log, (order{"thrown", "byte"}));
    log.clear();
  }
}

}  // namespace
