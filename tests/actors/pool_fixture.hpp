#pragma once
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <trireme/actors/manual_host.hpp>
#include <trireme/actors/pool.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>

namespace trireme::actors::testing {

/// Of a pool whose workers the test steps.
inline pool_options by(manual_host& host, std::size_t workers = 1) {
  pool_options made;
  made.host = &host;
  made.workers = workers;
  return made;
}

/// A pool whose workers do a piece of work when the test says so, under virtual time.
class by_hand : public ::testing::Test {
protected:
  pool_options options(std::size_t workers = 1) { return by(host, workers); }
  pool& make(const pool_options& how) {
    workers = std::make_unique<pool>(loop, how);
    host.step();  // begins them, so that each further step is a job
    return *workers;
  }
  /// An answer that notes itself.
  auto note(std::string name) {
    return [this, name = std::move(name)](const error& failure) {
      log(failure ? name + ": " + failure.message() : name);
    };
  }
  /// A job that notes its start, and lasts.
  auto job(std::string name, duration lasts = {}) {
    return [this, name = std::move(name), lasts] {
      log("run " + name);
      loop.time().advance(lasts);
    };
  }
  static auto nobody() {
    return [](const error&) {};
  }

  trireme::testing::test_loop loop;
  trireme::testing::order log;
  manual_host host;
  std::unique_ptr<pool> workers;
};

}  // namespace trireme::actors::testing
