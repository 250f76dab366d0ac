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

// The job has an alarm of its own at that time, which says less.
TEST_F(WorkersTest, EndTheirCallsAtTheDeadlineThoughTheyCameLateInALongTurn) {
  std::string told;
  owner.set_immediate([&] {
    const time_point before = owner.now();  // all of this callback goes by that
    owner.time().advance(7ms);
    EXPECT_EQ(owner.now(), before);
    client.SayPool(text("a"))
        .then([](const Text&) {}, [&](const error& failure) { told = failure.message(); })
        .detach();
  });
  owner.poll();
  EXPECT_EQ(pool.outstanding(), 1u);
  owner.time().advance(5s);
  owner.poll();
  EXPECT_EQ(told, "the deadline has passed");
  settle();
}

TEST_F(WorkersTest, AreKnownToThePoolByTheirMethod) {
  EXPECT_EQ(reply_of(client.SayPool(text("a"))), "worker: a");
  auto replies = client.RepeatPool(times("n", 1));
  EXPECT_EQ(next_of(replies.read()), "n0");
  const actors::job_times* const said = pool.times("trireme.test.v1.Echo/SayPool");
  const actors::job_times* const repeated = pool.times("trireme.test.v1.Echo/RepeatPool");
  ASSERT_TRUE(said && repeated);
  histogram_window said_since(said->run);
  histogram_window repeated_since(repeated->run);
  EXPECT_EQ(reply_of(client.SayPool(text("b"))), "worker: b");
  EXPECT_EQ(said_since.read().count, 1u);
  EXPECT_EQ(repeated_since.read().count, 0u);
}

/// One that takes its time to say something, and none to repeat it.
class slow_worker final : public Echo::worker {
public:
  explicit slow_worker(trireme::testing::test_loop* owner) : owner_(*owner) {}
  status SayPool(const Text&, Text&, std::stop_token) override {
    owner_.time().advance(3s);
    return {};
  }
  status RepeatPool(const Times&, writer<Text>& out, std::stop_token) override {
    out.write(text("quick"));
    return {};
  }

private:
  trireme::testing::test_loop& owner_;
};

TEST(SlowWorkers, AreNotBegunWhereTheyCannotEndByTheCallsDeadline) {
  trireme::testing::test_loop owner;
  actors::manual_host host;
  actors::pool_options one;
  one.workers = 1;
  one.host = &host;
  actors::pool pool(owner, one);
  dispatcher server(owner, pool);
  server.add_worker<slow_worker>(&owner);
  local_channel channel(server);
  Echo::client client(channel);
  order told;
  const auto say = [&](call_options how) {
    client.SayPool(text("a"), how)
        .then([&](const Text&) { told("said"); }, [&](const error& failure) { told(failure.message()); })
        .detach();
  };
  call_options brief;
  brief.timeout = 2s;
  say({});
  host.settle(owner);
  say(brief);                                              // it takes 3 s
  auto replies = client.RepeatPool(times("n", 1), brief);  // another method: nothing is known of it
  replies.read().then([&](const std::optional<Text>& next) { told(next->text()); }).detach();
  host.settle(owner);
  EXPECT_EQ(told, (order{"said", "timed out", "quick"}));
  EXPECT_EQ(owner.counters().get("actors.pool.expired").value(), 1);
  EXPECT_EQ(owner.now().time_since_epoch(), 3s);
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
