#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <trireme/core/dns.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

namespace trireme::testing {

using dns::address;
using dns::lookup_cache;
using dns::lookup_cache_options;
using dns::lookup_options;

/// Name servers of a test: every name that begins with "no" is missing, "down" is not answered, and what
/// begins with "slow" takes until it is let go.
class names {
public:
  dns::lookup_function find() {
    return [self = state_](const std::string& host, dns::family wanted) -> result<std::vector<address>> {
      self->asked.fetch_add(1);
      self->asked.notify_all();
      if (host.rfind("slow", 0) == 0) self->let_go.wait(false);
      if (host == "down") return error(make_error_code(dns::errc::try_again), "getaddrinfo", host);
      if (host.rfind("no", 0) == 0) return error(make_error_code(dns::errc::not_found), "getaddrinfo", host);
      return std::vector<address>{*address::parse(wanted == dns::family::ipv6 ? "::2" : "10.0.0.1")};
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

inline std::string text_of(const error& failure, const std::vector<address>& found) {
  if (failure) return failure.message();
  std::string text;
  for (const address& each : found) {
    text += (text.empty() ? "" : " ") + each.to_string() + ":" + std::to_string(each.port());
  }
  return text;
}

class dns_fixture : public ::testing::Test {
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

}  // namespace trireme::testing
