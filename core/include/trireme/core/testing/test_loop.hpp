#pragma once
#include <trireme/core/error.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/virtual_clock.hpp>

namespace trireme::testing {

namespace detail {

/// What is there before the loop, and after it.
struct owned_by_test_loop {
  /// Ends the program with a line on stderr where an error was never thrown, for its test would pass over it;
  /// unless the test is failing with an exception of its own.
  ~owned_by_test_loop();
  virtual_clock clock;
  error failure;
};

}  // namespace detail

/// A loop under virtual time that fails its test instead of passing errors over: an error that nobody took,
/// and work left that nothing can ever finish (`errc::would_hang`), stop it and are thrown by `run`,
/// `run_for`, `run_once` and `poll`; one that comes after the last of those ends the program. A test that
/// expects such errors sets `on_uncaught` and gets them there.
///
/// Thread: the one that made it. Needs no test framework.
class test_loop : private detail::owned_by_test_loop, public loop {
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
};

}  // namespace trireme::testing
