#include <trireme/core/dns.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <trireme/core/detail/blocking_pool.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

namespace trireme {
namespace {

using dns::address;
using dns::family;
using dns::lookup_cache;
using dns::lookup_cache_options;
using dns::lookup_options;
using testing::order;
using testing::test_loop;
using namespace std::chrono_literals;

/// Name servers of a test: every name that begins with "no" is missing, "down" is not answered, and what
/// begins with "slow" takes until it is let go.
class names {
public:
  dns::lookup_function find() {
    return [self = state_](const std::string& host, family wanted) -> result<std::vector<address>> {
      self->asked.fetch_add(1);
      self->asked.notify_all();
      if (host.rfind("slow", 0) == 0) self->let_go.wait(false);
      if (host == "down") return error(make_error_code(dns::errc::try_again), "getaddrinfo", host);
      if (host.rfind("no", 0) == 0) return error(make_error_code(dns::errc::not_found), "getaddrinfo", host);
      return std::vector<address>{*address::parse(wanted == family::ipv6 ? "::2" : "10.0.0.1")};
    };
  }
  int asked() const { return state_->asked; }
  void wait_until_asked(int times) const {
    for (int now = asked(); now < times; now = asked()) state_->asked.wait(now);
  }
  void let_go() {
    state_->let_go = true;
    state_->let_go.notify_all();
  }
  ~names() { let_go(); }

private:
  struct shared {
    std::atomic<int> asked{0};
    std::atomic<bool> let_go{false};
  };
  std::shared_ptr<shared> state_ = std::make_shared<shared>();
};

std::string text_of(const error& failure, const std::vector<address>& found) {
  if (failure) return failure.message();
  std::string text;
  for (const address& each : found) {
    text += (text.empty() ? "" : " ") + each.to_string() + ":" + std::to_string(each.port());
  }
  return text;
}

class Dns : public ::testing::Test {
protected:
  lookup_cache_options options() {
    lookup_cache_options made;
    made.find = server.find();
    return made;
  }
  void ask(lookup_cache& cache, const std::string& host, lookup_options wanted = {}) {
    cache.lookup(host, wanted, [this, host](const error& failure, std::vector<address> found) {
      seen(host + " " + text_of(failure, found));
    });
  }
  std::int64_t count(std::string_view name) { return loop.counters().get(name).value(); }

  names server;
  test_loop loop;
  order seen;
};

TEST(Address, ReadsAndWritesText) {
  for (const char* const text : {"127.0.0.1", "255.255.255.255", "::1", "2001:db8::ff00:42:8329", "::"}) {
    const auto parsed = address::parse(text, 8080);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->to_string(), text);
    EXPECT_EQ(parsed->port(), 8080);
    EXPECT_EQ(address(parsed->data(), parsed->size()), *parsed);
  }
  EXPECT_EQ(address::parse("127.0.0.1")->family(), family::ipv4);
  EXPECT_EQ(address::parse("::1")->family(), family::ipv6);
  EXPECT_EQ(address::parse("fe80::1%1")->to_string(), "fe80::1%lo");
  EXPECT_NE(*address::parse("::1", 1), *address::parse("::1", 2));
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* const text : {"", "1", "127.1", "0x7f.0.0.1", "010.0.0.1.1", "256.0.0.1", "::1::",
                                 "localhost", "127.0.0.1 ", "127.0.0.1%lo", "fe80::1%nosuchinterface"}) {
    EXPECT_FALSE(address::parse(text)) << text;
  }
  EXPECT_FALSE(address::parse(std::string_view("127.0.0.1\0x", 11)));
  EXPECT_FALSE(address::parse(std::string(1000, '1')));
  EXPECT_EQ(address().family(), family::any);
  EXPECT_EQ(address().to_string(), "");
}

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

TEST_F(Dns, KeepsWhatItFoundForAWhile) {
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

TEST_F(Dns, KeepsThatThereIsNoSuchNameForAShorterWhile) {
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

TEST_F(Dns, DoesNotKeepThatAServerDidNotAnswer) {
  lookup_cache cache(loop, options());
  ask(cache, "down");
  loop.run();
  ask(cache, "down");
  loop.run();
  EXPECT_EQ(server.asked(), 2);
  EXPECT_EQ(seen, (order{"down getaddrinfo: EAI_AGAIN: down", "down getaddrinfo: EAI_AGAIN: down"}));
}

TEST_F(Dns, ForgetsTheNameThatWasNotAskedForTheLongest) {
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

TEST_F(Dns, AsksOnceForEqualLookUpsUnderWay) {
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
TEST_F(Dns, LeavesThreadsForFilesWhereNoServerAnswers) {
  lookup_cache cache(loop, options());
  for (int each = 0; each < 20; ++each) ask(cache, "slow" + std::to_string(each));
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

TEST_F(Dns, IsFullAtItsLimitWithAnErrorAndACount) {
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

TEST_F(Dns, AnswersAStopAtOnceAndDoesNotAskWhatNobodyWaitsFor) {
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

TEST_F(Dns, AnswersWhoWaitsWhereTheCacheGoes) {
  auto cache = std::make_unique<lookup_cache>(loop, options());
  ask(*cache, "slow");
  server.wait_until_asked(1);
  cache.reset();
  server.let_go();
  loop.run();
  EXPECT_EQ(seen, (order{"slow canceled"}));
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
