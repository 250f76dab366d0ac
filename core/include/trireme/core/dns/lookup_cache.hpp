#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <trireme/core/clock.hpp>
#include <trireme/core/completion.hpp>
#include <trireme/core/dns/address.hpp>
#include <trireme/core/dns/error.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/result.hpp>
#include <vector>

namespace trireme::dns {

/// What a look-up asks for.
struct lookup_options {
  lookup_options() {}
  /// Addresses of this kind only.
  dns::family family = family::any;
  /// The port that the addresses come with.
  std::uint16_t port = 0;
};

/// Finds the addresses of a name. Called on threads of the blocking pool, several at once; it may block.
using lookup_function = std::function<result<std::vector<address>>(const std::string& host, family wanted)>;

/// Asks the system, by `getaddrinfo`; blocks.
result<std::vector<address>> system_lookup(const std::string& host, family wanted);

/// How names are looked up and kept. The system does not tell how long an address holds, so the times bound
/// it.
struct lookup_cache_options {
  lookup_cache_options() {}
  /// How long addresses are kept; zero keeps none.
  duration keep_found = std::chrono::seconds(30);
  /// How long it is kept that there is no such name. Other failures are not kept.
  duration keep_missing = std::chrono::seconds(2);
  /// How many names are kept; beyond it the one goes that was not asked for the longest.
  std::size_t entries = 1000;
  /// How many names this cache looks up at once; further ones wait. All caches of the process together use
  /// half of the threads of the blocking pool at most, as in libuv, so that a name server that does not
  /// answer leaves threads for files.
  std::size_t at_once = 2;
  /// How many look-ups may wait for an answer; beyond it `errc::full`, counted as "dns.full".
  std::size_t waiting = 10'000;
  /// Null asks the system.
  lookup_function find;
};

/// Looks up names on the blocking pool, keeps what was found for a while, and asks once for equal look-ups
/// under way.
///
/// Thread: the loop's. Lifetime: the loop outlives it; look-ups that wait when it goes are `canceled`.
/// Errors: `dns::errc` with the operation "getaddrinfo" and the name; `EINVAL` for what can be no name; a
/// stop of the context current at the call answers with its reason at once.
/// Order: an answer is a callback of its own; one that was kept, or an address given as text, comes a tick
/// later. Counted as "dns.asked", "dns.kept" (answered from the cache) and "dns.joined". A look-up keeps the
/// loop alive while somebody waits for it.
class lookup_cache {
public:
  using bound_to_a_loop = void;
  explicit lookup_cache(loop& owner, lookup_cache_options options = {});
  lookup_cache(const lookup_cache&) = delete;
  lookup_cache& operator=(const lookup_cache&) = delete;
  ~lookup_cache();

  /// The addresses in the system's order, at least one. Text that is an address comes back as it is, whatever
  /// family was asked for, as in Node.
  promise<std::vector<address>> lookup(std::string host, lookup_options options = {});
  void lookup(std::string host, lookup_options options, callback_of<std::vector<address>> done);

  /// Forgets what was found.
  void clear() noexcept;
  /// Names that are kept.
  std::size_t size() const noexcept;

private:
  class state;
  std::shared_ptr<state> state_;
};

}  // namespace trireme::dns
