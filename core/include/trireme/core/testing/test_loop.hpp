#pragma once
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/virtual_clock.hpp>

namespace trireme::testing {

namespace detail {

struct owned_clock {
  virtual_clock clock;
};

}  // namespace detail

/// A loop under virtual time that fails its test instead of passing errors over: an error that nobody took,
/// and work left that nothing can ever finish (`errc::would_hang`), stop it and are thrown by `run`,
/// `run_once` and `poll`. A test that expects such errors sets `on_uncaught` and gets them there.
///
/// Thread: the one that made it. Needs no test framework.
class test_loop : private detail::owned_clock, public loop {
public:
  explicit test_loop(loop_options options = {});

  int run();
  bool run_for(duration limit);
  bool run_once();
  bool poll();
  /// The clock that the loop reads.
  virtual_clock& time() noexcept { return clock; }

private:
  void raise_failure();
  error failure_;
};

}  // namespace trireme::testing
