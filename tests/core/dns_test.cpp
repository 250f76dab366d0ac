#include <trireme/core/dns.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

#include "dns_fixture.hpp"

namespace trireme {
namespace {

using dns::address;
using dns::family;
using dns::lookup_cache;
using dns::lookup_options;
using testing::order;
using testing::test_loop;
using testing::text_of;

using Dns = testing::dns_fixture;

TEST_F(Dns, LooksUpInAllThreeStyles) {
  lookup_cache cache(loop, options());
  lookup_options http;
  http.port = 80;
  ask(cache, "example.org", http);
  http.family = family::ipv6;
  cache.lookup("example.org", http)
      .then([&](const std::vector<address>& found) { seen("promise " + text_of({}, found)); })
      .detach();
  seen("asked");
  loop.run();
  const auto work = [&]() -> task<void> {
    const std::vector<address> found = co_await cache.lookup("example.org");
    seen("task " + text_of({}, found));
  };
  auto running = work();
  loop.run();
  std::vector<std::string> events = seen.events();
  std::sort(events.begin() + 1, events.begin() + 3);  // two threads
  EXPECT_EQ(events, (std::vector<std::string>{"asked", "example.org 10.0.0.1:80", "promise ::2:80",
                                              "task 10.0.0.1:0"}));
}

TEST_F(Dns, SaysWhatFailedAsNodeDoes) {
  lookup_cache cache(loop, options());
  ask(cache, "nowhere.invalid");
  loop.run();
  EXPECT_EQ(seen, (order{"nowhere.invalid getaddrinfo: ENOTFOUND: nowhere.invalid"}));
}

TEST_F(Dns, GivesAnAddressBackWithoutAsking) {
  lookup_cache cache(loop, options());
  lookup_options four;
  four.family = family::ipv4;
  four.port = 443;
  ask(cache, "::1", four);
  seen("asked");
  loop.run();
  EXPECT_EQ(seen, (order{"asked", "::1 ::1:443"}));
  EXPECT_EQ(server.asked(), 0);
}

TEST_F(Dns, RefusesWhatCanBeNoName) {
  lookup_cache cache(loop, options());
  for (const std::string& host : {std::string(), std::string(254, 'a'), std::string("a\0b", 3)}) {
    error got;
    cache.lookup(host, {}, [&](const error& failure, std::vector<address>) { got = failure; });
    loop.run();
    EXPECT_EQ(got.code(), std::error_code(EINVAL, std::generic_category()));
    EXPECT_EQ(got.operation(), "getaddrinfo");
  }
  EXPECT_EQ(server.asked(), 0);
}

TEST_F(Dns, MayBeUnderWayWhenTheLoopEnds) {
  bool called = false;
  {
    test_loop ends;
    lookup_cache cache(ends, options());
    for (const char* const host : {"slow1", "slow2", "slow3"}) {
      cache.lookup(host, {}, [&](const error&, std::vector<address>) { called = true; });
    }
    server.wait_until_asked(2);
  }
  {
    test_loop ends;
    dns::lookup(ends, "localhost", [&](const error&, std::vector<address>) { called = true; });
  }
  EXPECT_FALSE(called);
}

TEST_F(Dns, AsksTheSystemThroughACacheOfTheLoop) {
  for (int each = 0; each < 2; ++each) {
    dns::lookup(loop, "localhost", [&](const error& failure, std::vector<address> found) {
      seen(failure ? failure.message() : std::to_string(found.empty()));
    });
    loop.run();
  }
  EXPECT_EQ(seen, (order{"0", "0"}));
  EXPECT_EQ(count("dns.kept"), 1);
  const auto missing = dns::system_lookup("nowhere.invalid", family::any);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().operation(), "getaddrinfo");
  EXPECT_EQ(missing.error().path(), "nowhere.invalid");
}

}  // namespace
}  // namespace trireme
