#include <trireme/core/dns/lookup_cache.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/blocking_pool.hpp>
#include <trireme/core/testing/order.hpp>

#include "dns_fixture.hpp"

namespace trireme {
namespace {

using dns::lookup_cache;
using dns::lookup_cache_options;
using dns::lookup_options;
using testing::order;
using namespace std::chrono_literals;

using DnsCache = testing::dns_fixture;

TEST_F(DnsCache, KeepsWhatItFoundForAWhile) {
  lookup_cache cache(loop, options());
  ask(cache, "example.org");
  loop.run();
  loop.set_timeout(29s, [&] { ask(cache, "EXAMPLE.org"); });
  loop.run();
  EXPECT_EQ(server.asked(), 1);
  loop.set_timeout(1s, [&] { ask(cache, "example.org"); });
  loop.run();
  EXPECT_EQ(server.asked(), 2);
  EXPECT_EQ(seen, (order{"example.org 10.0.0.1:0", "EXAMPLE.org 10.0.0.1:0", "example.org 10.0.0.1:0"}));
  EXPECT_EQ(count("dns.asked"), 2);
  EXPECT_EQ(count("dns.kept"), 1);
}

TEST_F(DnsCache, KeepsThatThereIsNoSuchNameForAShorterWhile) {
  lookup_cache cache(loop, options());
  ask(cache, "nowhere");
  loop.run();
  loop.set_timeout(1s, [&] { ask(cache, "nowhere"); });
  loop.run();
  EXPECT_EQ(server.asked(), 1);
  loop.set_timeout(1s, [&] { ask(cache, "nowhere"); });
  loop.run();
  EXPECT_EQ(server.asked(), 2);
}

TEST_F(DnsCache, DoesNotKeepThatAServerDidNotAnswer) {
  lookup_cache cache(loop, options());
  ask(cache, "down");
  loop.run();
  ask(cache, "down");
  loop.run();
  EXPECT_EQ(server.asked(), 2);
  EXPECT_EQ(seen, (order{"down getaddrinfo: EAI_AGAIN: down", "down getaddrinfo: EAI_AGAIN: down"}));
}

TEST_F(DnsCache, ForgetsTheNameThatWasNotAskedForTheLongest) {
  lookup_cache_options two = options();
  two.entries = 2;
  lookup_cache cache(loop, two);
  for (const char* const host : {"a", "b", "a", "c"}) {
    ask(cache, host);
    loop.run();
  }
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(server.asked(), 3);
  ask(cache, "a");
  loop.run();
  EXPECT_EQ(server.asked(), 3);
  ask(cache, "b");
  loop.run();
  EXPECT_EQ(server.asked(), 4);
  cache.clear();
  EXPECT_EQ(cache.size(), 0u);
}

TEST_F(DnsCache, AsksOnceForEqualLookUpsUnderWay) {
  lookup_cache cache(loop, options());
  lookup_options port;
  for (std::uint16_t each = 1; each <= 5; ++each) {
    port.port = each;
    ask(cache, "slow", port);
  }
  server.wait_until_asked(1);
  server.let_go();
  loop.run();
  EXPECT_EQ(server.asked(), 1);
  EXPECT_EQ(count("dns.joined"), 4);
  EXPECT_EQ(seen, (order{"slow 10.0.0.1:1", "slow 10.0.0.1:2", "slow 10.0.0.1:3", "slow 10.0.0.1:4",
                         "slow 10.0.0.1:5"}));
}

// B08
TEST_F(DnsCache, LeavesThreadsForFilesWhereNoServerAnswers) {
  lookup_cache cache(loop, options());
  lookup_cache another(loop, options());
  for (int each = 0; each < 10; ++each) {
    ask(cache, "slow" + std::to_string(each));
    ask(another, "slow" + std::to_string(each));
  }
  server.wait_until_asked(2);
  order other;
  detail::blocking_pool::shared().run(completion<void>(loop,
                                                       [&](const error&) {
                                                         other("file read");
                                                         EXPECT_EQ(server.asked(), 2);
                                                         server.let_go();
                                                       }),
                                      []() -> result<void> { return {}; });
  loop.run();
  EXPECT_EQ(other, (order{"file read"}));
  EXPECT_EQ(server.asked(), 20);
}

TEST_F(DnsCache, IsFullAtItsLimitWithAnErrorAndACount) {
  lookup_cache_options few = options();
  few.waiting = 3;
  lookup_cache cache(loop, few);
  for (int each = 0; each < 3; ++each) ask(cache, "slow");
  ask(cache, "other");
  loop.next_tick([&] { server.let_go(); });
  loop.run();
  EXPECT_EQ(seen.events().front(), "other getaddrinfo: limit reached: other");
  EXPECT_EQ(seen.events().size(), 4u);
  EXPECT_EQ(count("dns.full"), 1);
  ask(cache, "other");  // there is room again
  loop.run();
  EXPECT_EQ(seen.events().back(), "other 10.0.0.1:0");
}

TEST_F(DnsCache, AnswersAStopAtOnceAndDoesNotAskWhatNobodyWaitsFor) {
  lookup_cache_options one = options();
  one.at_once = 1;
  lookup_cache cache(loop, one);
  auto stopped = context::make(loop.current());
  ask(cache, "slow");
  loop.run_in(stopped, [&] {
    ask(cache, "slow");
    ask(cache, "next");
  });
  server.wait_until_asked(1);
  stopped->request_stop(errc::timed_out);
  loop.set_immediate([&] {
    seen("immediate");
    server.let_go();
  });
  loop.run();
  EXPECT_EQ(seen, (order{"slow timed out", "next timed out", "immediate", "slow 10.0.0.1:0"}));
  EXPECT_EQ(server.asked(), 1);
  loop.run_in(stopped, [&] { ask(cache, "slow"); });
  loop.run();
  EXPECT_EQ(seen.events().back(), "slow timed out");
}

TEST_F(DnsCache, AnswersWhoWaitsWhereTheCacheGoes) {
  auto cache = std::make_unique<lookup_cache>(loop, options());
  ask(*cache, "slow");
  server.wait_until_asked(1);
  cache.reset();
  loop.run();  // though the server has not answered
  EXPECT_EQ(seen, (order{"slow canceled"}));
}

TEST_F(DnsCache, KeepsTheLoopAliveOnlyWhileSomebodyWaits) {
  lookup_cache cache(loop, options());
  auto stopped = context::make(loop.current());
  loop.run_in(stopped, [&] { ask(cache, "slow"); });
  server.wait_until_asked(1);
  loop.set_immediate([&] { stopped->request_stop(errc::timed_out); });
  loop.run();  // though the server has not answered
  EXPECT_EQ(seen, (order{"slow timed out"}));
  ask(cache, "slow");  // waits for the answer that is under way
  loop.next_tick([&] { server.let_go(); });
  loop.run();
  EXPECT_EQ(seen.events().back(), "slow 10.0.0.1:0");
  EXPECT_EQ(server.asked(), 1);
}

TEST_F(DnsCache, KeepsForEverWhatItIsToldToKeepSo) {
  lookup_cache_options for_ever = options();
  for_ever.keep_found = duration::max();
  lookup_cache cache(loop, for_ever);
  for (int each = 0; each < 2; ++each) {
    ask(cache, "a");
    loop.run();
  }
  EXPECT_EQ(server.asked(), 1);
}

}  // namespace
}  // namespace trireme
