#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <trireme/core/clock.hpp>
#include <trireme/core/duplex.hpp>

namespace trireme::testing {

/// What goes wrong on the way from one end of a pair to the other. Nothing, unless set.
struct pair_faults {
  pair_faults() {}
  /// The connection is reset when so many bytes of this direction have been read: both ends fail with
  /// `std::errc::connection_reset`.
  std::optional<std::uint64_t> reset_at;
  /// How likely each piece is followed by a reset, from 0 to 1.
  double reset_chance = 0;
  /// After so many bytes nothing comes any more, not even the end: a peer that vanished.
  std::optional<std::uint64_t> stall_at;
};

/// How a pair carries bytes. Delays are of the loop's clock: under `test_loop` they take no time.
struct pair_options {
  pair_options() {}
  explicit pair_options(std::uint64_t with_seed) : seed(with_seed) {}
  /// The same seed, and the same calls, make the same pieces, delays and faults, on every platform.
  std::uint64_t seed = 1;
  /// Bytes that may be under way in each direction, written but not yet read.
  std::size_t window = 64 * 1024;
  /// A written chunk arrives in pieces of at least one byte and at most so many.
  std::size_t max_piece = 16 * 1024;
  /// Each piece takes between these two; one that follows arrives no earlier. Nothing is reordered.
  duration min_delay{};
  duration max_delay{};
  pair_faults to_second;
  pair_faults to_first;
  /// Of the two sources and the two sinks.
  stream_options streams;
};

/// Two ends of a connection in memory: what is written to the sink of one comes out of the source of the
/// other, in order, but split, late, or cut off, as the options and their seed say.
///
///     stream_pair pair(loop, pair_options(seed));
///     co_await pair.first->sink().write(shared_bytes("ping"));
///     const shared_bytes some = co_await pair.second->source().read();    // "p", or "pin", or ...
///
/// As with a socket, `end` of one sink closes one direction. A sink that is destroyed without an error, or
/// goes, closes its direction after what is under way; destroyed with an error, it resets the connection. To
/// write where the source at the other end has been destroyed brings `std::errc::broken_pipe`.
///
/// Thread: the loop's. Lifetime: the ends are independent: one may go before the other, the loop outlives
/// both. Bounded by the window, and a mark in each sink.
struct stream_pair {
  explicit stream_pair(loop& owner, const pair_options& options = {});
  std::unique_ptr<duplex> first;
  std::unique_ptr<duplex> second;
};

}  // namespace trireme::testing
