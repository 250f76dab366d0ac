#include <cstdlib>
#include <exception>
#include <trireme/core/log.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>

namespace trireme::testing {

namespace {

loop_options with_clock(loop_options options, virtual_clock& clock) {
  options.clock = &clock;
  return options;
}

}  // namespace

detail::owned_by_test_loop::~owned_by_test_loop() {
  if (!failure || std::uncaught_exceptions() > 0) return;
  log(log_level::error, "an error that nobody took, when the loop no longer ran: " + failure.message());
  std::abort();
}

test_loop::test_loop(loop_options options) : loop(with_clock(options, clock)) {
  on_uncaught([this](const error& failure) {
    if (!this->failure) this->failure = failure;
    stop(1);
  });
}

int test_loop::run() {
  const int code = loop::run();
  raise_failure();
  return code;
}

bool test_loop::run_for(duration limit) {
  const bool more = loop::run_for(limit);
  raise_failure();
  return more;
}

bool test_loop::run_once() {
  const bool more = loop::run_once();
  raise_failure();
  return more;
}

bool test_loop::poll() {
  const bool more = loop::poll();
  raise_failure();
  return more;
}

void test_loop::raise_failure() {
  if (failure) std::exchange(failure, error()).raise();
}

}  // namespace trireme::testing
