#include "primes/primes_worker.hpp"

#include <gtest/gtest.h>

#include <primesieve.hpp>
#include <string>
#include <trireme/actors/manual_host.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/proto/dispatcher.hpp>
#include <trireme/proto/local_channel.hpp>
#include <vector>

namespace trireme::services::primes {
namespace {

using namespace trireme::primes::v1;

CountRequest up_to(std::uint64_t limit) {
  CountRequest request;
  request.set_limit(limit);
  return request;
}

std::uint64_t count(std::uint64_t limit) {
  primes_worker worker;
  CountReply reply;
  EXPECT_TRUE(worker.Count(up_to(limit), reply, {}).ok());
  return reply.count();
}

/// A Watch without a pool; `takes` messages, then it says that the call was stopped.
class watched final : public proto::worker_call {
public:
  explicit watched(const CountRequest& request, std::size_t given_takes = 1'000'000,
                   std::stop_source given_stop = {})
      : worker_call(request, given_stop.get_token()), takes(given_takes), stop_source(given_stop) {}
  bool write(proto::detail::message_ptr message) override {
    if (takes-- == 0) return false;
    told.push_back(static_cast<const CountProgress&>(*message));
    if (stops_at_first) stop_source.request_stop();
    return true;
  }

  std::size_t takes;
  bool stops_at_first = false;
  std::stop_source stop_source;
  std::vector<CountProgress> told;
};

proto::status watch(watched& call) {
  primes_worker worker;
  proto::writer<CountProgress> out(call);
  return worker.Watch(static_cast<const CountRequest&>(call.request()), out, call.stop());
}

TEST(PrimesWorker, KnowsHowManyThereAre) {
  EXPECT_EQ(count(10), 4u);
  EXPECT_EQ(count(100), 25u);
  EXPECT_EQ(count(1'000'000), 78'498u);
  EXPECT_EQ(count(100'000'000), 5'761'455u);
}

TEST(PrimesWorker, CountsUpToAndIncludingTheLimit) {
  EXPECT_EQ(count(0), 0u);
  EXPECT_EQ(count(1), 0u);
  EXPECT_EQ(count(2), 1u);
  EXPECT_EQ(count(3), 2u);
  EXPECT_EQ(count(4), 2u);
}

TEST(PrimesWorker, CountsNothingTwiceAtTheBordersOfItsSegments) {
  const std::uint64_t expected = primesieve::count_primes(0, 24'999'998);
  EXPECT_EQ(count(24'999'999), expected + primesieve::count_primes(24'999'999, 24'999'999));
  EXPECT_EQ(count(25'000'000), expected + primesieve::count_primes(24'999'999, 25'000'000));
  EXPECT_EQ(count(25'000'001), expected + primesieve::count_primes(24'999'999, 25'000'001));
  EXPECT_EQ(count(50'000'017), primesieve::count_primes(0, 50'000'017));
}

TEST(PrimesWorker, SievesOnItsOwnThreadAlone) {
  count(10);
  EXPECT_EQ(primesieve::get_num_threads(), 1);
}

TEST(PrimesWorker, RefusesALimitBeyondItsOwn) {
  primes_worker worker;
  CountReply reply;
  const proto::status wrong(proto::code::invalid_argument, "limit: must be at most 1000000000000");
  EXPECT_EQ(worker.Count(up_to(primes_worker::max_limit + 1), reply, {}), wrong);
  const CountRequest request = up_to(~std::uint64_t{0});
  watched call(request);
  EXPECT_EQ(watch(call), wrong);
  EXPECT_TRUE(call.told.empty());
}

TEST(PrimesWorker, TellsHowFarItHasComeAndTheAnswerLast) {
  const CountRequest request = up_to(300'000'000);
  watched call(request);
  EXPECT_TRUE(watch(call).ok());
  ASSERT_FALSE(call.told.empty());
  std::uint64_t done = 0;
  std::uint64_t found = 0;
  for (const CountProgress& each : call.told) {
    EXPECT_GT(each.done(), done);
    EXPECT_GE(each.count(), found);  // the last segment may hold the limit alone
    EXPECT_EQ(each.limit(), 300'000'000u);
    EXPECT_EQ(each.complete(), &each == &call.told.back());
    done = each.done();
    found = each.count();
  }
  EXPECT_EQ(done, 300'000'000u);
  EXPECT_EQ(found, 16'252'325u);
}

TEST(PrimesWorker, TellsTheAnswerOfASmallCountInOneMessage) {
  for (const std::uint64_t limit : {0, 1, 10, 24'999'999}) {
    const CountRequest request = up_to(limit);
    watched call(request);
    EXPECT_TRUE(watch(call).ok());
    ASSERT_EQ(call.told.size(), 1u);
    EXPECT_TRUE(call.told.front().complete());
    EXPECT_EQ(call.told.front().done(), limit);
    EXPECT_EQ(call.told.front().count(), count(limit));
  }
}

TEST(PrimesWorker, StopsAfterTheSegmentItIsAt) {
  const CountRequest request = up_to(primes_worker::max_limit);
  watched call(request);
  call.stops_at_first = true;
  EXPECT_EQ(watch(call).code(), proto::code::canceled);
  ASSERT_EQ(call.told.size(), 1u);
  EXPECT_FALSE(call.told.front().complete());
}

TEST(PrimesWorker, StopsWhereNobodyTakesItsProgress) {
  const CountRequest request = up_to(primes_worker::max_limit);
  watched call(request, 1);
  EXPECT_EQ(watch(call).code(), proto::code::canceled);
  EXPECT_EQ(call.told.size(), 1u);
}

TEST(PrimesWorker, DoesNotBeginWhenItWasStoppedBefore) {
  std::stop_source stop;
  stop.request_stop();
  primes_worker worker;
  CountReply reply;
  EXPECT_EQ(worker.Count(up_to(primes_worker::max_limit), reply, stop.get_token()).code(),
            proto::code::canceled);
  EXPECT_EQ(reply.count(), 0u);
}

TEST(PrimesWorker, ServesTheGeneratedClient) {
  testing::test_loop owner;
  actors::manual_host host;
  actors::pool_options options;
  options.workers = 1;
  options.host = &host;
  actors::pool pool(owner, options);
  proto::dispatcher server(owner, pool);
  server.add_worker<primes_worker>();
  proto::local_channel channel(server);
  Primes::client client(channel);
  std::string told;
  client.Count(up_to(100))
      .then([&](const CountReply& reply) { told = std::to_string(reply.count()); })
      .detach();
  auto stream = client.Watch(up_to(100));
  stream.read()
      .then([&](const std::optional<CountProgress>& first) {
        told += first->complete() ? " complete" : " part";
      })
      .detach();
  host.settle(owner);
  EXPECT_EQ(told, "25 complete");
  EXPECT_EQ(server.active(), 0u);
}

}  // namespace
}  // namespace trireme::services::primes
