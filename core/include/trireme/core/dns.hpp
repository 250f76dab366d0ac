#pragma once
#include <string>
#include <trireme/core/completion.hpp>
#include <trireme/core/dns/address.hpp>
#include <trireme/core/dns/error.hpp>
#include <trireme/core/dns/lookup_cache.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <utility>
#include <vector>

namespace trireme::dns {

/// The addresses of a host, by the system's own means and through a cache that the loop keeps: see
/// `lookup_cache` for limits, errors and order.
///
///     const auto found = co_await dns::lookup(loop, "example.org");
///
/// Thread: the loop's. Source: https://nodejs.org/api/dns.html#dnslookuphostname-options-callback
promise<std::vector<address>> lookup(loop& owner, std::string host, lookup_options options = {});
void lookup(loop& owner, std::string host, lookup_options options, callback_of<std::vector<address>> done);
inline void lookup(loop& owner, std::string host, callback_of<std::vector<address>> done) {
  lookup(owner, std::move(host), lookup_options(), std::move(done));
}

}  // namespace trireme::dns
