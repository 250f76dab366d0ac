#include <trireme/proto/worker_call.hpp>

#include <thread>
#include <trireme/core/loop.hpp>

#include "echo_service.hpp"

namespace trireme::proto::testing {
namespace {

using trireme::testing::order;

class WorkersTest : public echo_fixture {};

TEST_F(WorkersTest, StreamFromAWorkerInOrder) {
  auto replies = client.RepeatPool(times("n", 3));
  EXPECT_EQ(next_of(replies.read()), "n0");
  EXPECT_EQ(next_of(replies.read()), "n1");
  EXPECT_EQ(next_of(replies.read()), "n2");
  EXPECT_EQ(next_of(replies.read()), "end");
}

TEST_F(WorkersTest, StreamInlineInOrder) {
  auto replies = client.RepeatInline(times("n", 2));
  EXPECT_EQ(next_of(replies.read()), "n0");
  EXPECT_EQ(next_of(replies.read()), "n1");
  EXPECT_EQ(next_of(replies.read()), "end");
}

TEST_F(WorkersTest, NeverStartAJobThatWasCancelledWhileItWaited) {
  auto replies = client.RepeatPool(times("n", 3));
  owner.poll();
  EXPECT_EQ(pool.outstanding(), 1u);
  replies.cancel();
  EXPECT_EQ(pool.outstanding(), 0u);
  settle();
  EXPECT_EQ(server.active(), 0u);
}

TEST_F(WorkersTest, CountAgainstTheMethodsQueueLimitWhileTheyWait) {
  auto first = client.SayPool(text("a"));
  auto second = client.SayPool(text("b"));
  std::string third;
  client.SayPool(text("c"))
      .then([](const Text&) {}, [&](const error& failure) { third = failure.message(); })
      .detach();
  owner.poll();
  EXPECT_EQ(third, "too many calls of this method");
  EXPECT_EQ(reply_of(std::move(first)), "worker: a");
  EXPECT_EQ(reply_of(std::move(second)), "worker: b");
}

TEST_F(WorkersTest, EndTheirCallsAtTheDeadlineWhileTheyWait) {
  std::string told;
  client.SayPool(text("a"))
      .then([](const Text&) {}, [&](const error& failure) { told = failure.message(); })
      .detach();
  owner.poll();
  owner.time().advance(4999ms);
  owner.poll();
  EXPECT_EQ(told, "");
  owner.time().advance(1ms);
  owner.poll();
  EXPECT_EQ(told, "the deadline has passed");
  settle();
}

/// The same with threads and real time.
class ThreadedWorkersTest : public ::testing::Test {
protected:
  ThreadedWorkersTest() : pool(owner, two()), server(owner, pool), channel(server), client(channel) {
    server.add_worker<echo_worker>();
  }
  static actors::pool_options two() {
    actors::pool_options options;
    options.workers = 2;
    return options;
  }
  loop owner;
  actors::pool pool;
  dispatcher server;
  local_channel channel;
  Echo::client client;
};

task<int> read_all(client_reader<Text>& replies) {
  int count = 0;
  while (const auto next = co_await replies.read()) {
    EXPECT_EQ(next->text(), "n" + std::to_string(count));
    ++count;
  }
  co_return count;
}

TEST_F(ThreadedWorkersTest, HoldAStreamBackAndLoseNothing) {
  auto replies = client.RepeatPool(times("n", 2'000));
  int count = 0;
  read_all(replies).as_promise().then([&](int all) { count = all; }).detach();
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(count, 2'000);
}

TEST_F(ThreadedWorkersTest, SeeThatTheCallWasStoppedWhileTheyWaitForRoom) {
  auto replies = client.RepeatPool(times("n", 1'000'000));
  replies.read().then([&](const std::optional<Text>&) { replies.cancel(); }).detach();
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(server.active(), 0u);
}

TEST_F(ThreadedWorkersTest, SeeTheStopOfACallThatRuns) {
  call_options options;
  options.timeout = 20ms;
  std::string told;
  client.SayPool(text("spin"), options)
      .then([](const Text&) {}, [&](const error& failure) { told = failure.message(); })
      .detach();
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(told, "the deadline has passed");
  EXPECT_EQ(server.active(), 0u);
}

}  // namespace
}  // namespace trireme::proto::testing
