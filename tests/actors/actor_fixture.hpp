#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>
#include <trireme/actors/manual_host.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace trireme::actors {

using namespace std::chrono_literals;

/// How an actor of a test says what happens to it: all run on one thread.
using note = std::function<void(const std::string&)>;

/// An actor system that does its work when the test says so, under virtual time.
class ActorSystem : public ::testing::Test {
protected:
  static actor_system_options with(manual_host& host) {
    actor_system_options made;
    made.host = &host;
    return made;
  }
  note notes() {
    return [this](const std::string& text) { log(text); };
  }

  testing::test_loop loop;
  testing::order log;
  manual_host host;
};

}  // namespace trireme::actors
