#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <trireme/core/clock.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace trireme::testing {

/// Draws from a seed who goes next, the loop or one of the bodies that a host steps
/// (`actors::manual_host`), and how far. So a test runs pools, workers, ports and actors under as many
/// interleavings as it has seeds, on one thread and under virtual time, and a seed repeats its own. Now and
/// then somebody stands still for a while, as a thread does that the system passes over.
///
/// Thread: the loop's, from without its callbacks; `pick` from within them too. Errors: what the loop throws
/// goes through. `for_each_seed` tells which seed it was.
class schedule {
public:
  explicit schedule(std::uint64_t seed) : random_(seed) {}

  /// From 0 to below `choices`, of the same seed: for what a test itself leaves open.
  std::size_t pick(std::size_t choices) { return choices < 2 ? 0 : random_() % choices; }
  /// Lets up to `most` pass before each move. By default time stands still while anybody can move.
  void let_time_pass(duration most) noexcept { most_ = most; }

  /// The loop turns once without waiting, or a body takes a few steps. Whether a step found work.
  template <class Host>
  bool move(test_loop& loop, Host& host) {
    pass_time(loop);
    const std::size_t who = draw(1 + host.size());
    if (who > 0) return step(host, who - 1, 1 + pick(4));
    loop.poll();
    return false;
  }
  /// Moves until neither loop nor bodies find anything to do.
  template <class Host>
  void settle(test_loop& loop, Host& host) {
    for (int quiet_rounds = 0; quiet_rounds < 2;) {
      for (std::size_t moves = pick(8 * (1 + host.size())); moves > 0; --moves) move(loop, host);
      loop.poll();
      quiet_rounds = all_step(host) ? 0 : quiet_rounds + 1;
    }
  }
  /// The loop's `run`, with the bodies: settles, then lets time pass to the next timer, until nothing is
  /// alive.
  template <class Host>
  void run(test_loop& loop, Host& host) {
    for (settle(loop, host); loop.alive(); settle(loop, host)) loop.run_once();
  }

private:
  std::size_t draw(std::size_t count);
  void pass_time(test_loop& loop);

  template <class Host>
  bool step(Host& host, std::size_t which, std::size_t times) {
    bool any = false;
    while (times-- > 0 && host.step(which)) any = true;
    return any;
  }
  template <class Host>
  bool all_step(Host& host) {
    bool any = false;
    for (std::size_t which = 0; which < host.size(); ++which) any = host.step(which) || any;
    return any;
  }

  std::mt19937_64 random_;
  duration most_{};
  std::size_t still_ = 0;  // who stands still, or beyond the last for nobody
  std::size_t until_ = 0;  // for so many more draws
};

}  // namespace trireme::testing
