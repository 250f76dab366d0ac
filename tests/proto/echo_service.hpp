#pragma once
#include <gtest/gtest.h>
#include <trireme/test/v1/echo.trireme.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <trireme/actors/manual_host.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/proto/dispatcher.hpp>
#include <trireme/proto/local_channel.hpp>
#include <utility>
#include <vector>

namespace trireme::proto::testing {

using test::v1::Echo;
using test::v1::Text;
using test::v1::Times;
using namespace std::chrono_literals;

inline Text text(std::string_view content) {
  Text made;
  made.set_text(std::string(content));
  return made;
}

inline Times times(std::string_view content, std::uint32_t count) {
  Times made;
  made.set_text(std::string(content));
  made.set_count(count);
  return made;
}

/// Does what its requests say, and writes down what became of it.
class echo_service final : public Echo::service {
public:
  explicit echo_service(loop& owner) : events(owner), loop_(owner) {}

  task<status> Say(const Text& in, Text& out, call_context& call) override {
    if (in.text() == "throw") throw std::runtime_error("a secret");
    if (in.text() == "fail") throw error(errc::full);
    if (in.text() == "refuse") co_return status(code::failed_precondition, "not now");
    if (const auto* note = call.request_metadata().find("note")) call.trailers().add("note", *note);
    out.set_text(in.text());
    co_return status();
  }

  task<status> Repeat(const Times& in, async_writer<Text>& out, call_context&) override {
    for (std::uint32_t count = 0; count < in.count(); ++count) {
      const Text message = text(in.text());
      const bool written = co_await out.write(message);
      if (!written) {
        log("stopped after " + std::to_string(count));
        co_return status();
      }
    }
    log("done");
    co_return status();
  }

  task<status> Join(async_reader<Text>& in, Text& out, call_context&) override {
    while (auto next = co_await in.read()) {
      if (next->text() == "enough") co_return status(code::out_of_range, "enough");
      out.set_text(out.text() + next->text());
    }
    co_return status();
  }

  task<status> Talk(async_reader<Text>& in, async_writer<Text>& out, call_context&) override {
    while (auto next = co_await in.read()) {
      next->set_text(next->text() + "!");
      co_await out.write(*next);
    }
    co_return status(code::ok);
  }

  task<status> Wait(const Text&, Text&, call_context& call) override {
    const auto deadline = call.deadline();
    log(deadline ? "waits for " + std::to_string((*deadline - loop_.now()) / 1ms) + " ms" : "waits");
    const auto outcome = co_await as_result(sleep_for(loop_, 1h));
    log("wait ended: " + outcome.error().message());
    co_return status();
  }

  task<status> Listen(const Text&, async_writer<Text>& out, call_context&) override {
    out.follow(events);
    co_await out.until_stopped();
    log("listened");
    co_return status();
  }

  topic<Text> events;
  trireme::testing::order log;

private:
  loop& loop_;
};

class echo_worker final : public Echo::worker {
public:
  status SayInline(const Text& in, Text& out, std::stop_token) override { return say(in, out); }
  status SayPool(const Text& in, Text& out, std::stop_token stop) override {
    if (in.text() == "spin") {
      while (!stop.stop_requested()) std::this_thread::yield();
    }
    return say(in, out);
  }
  status RepeatInline(const Times& in, writer<Text>& out, std::stop_token) override {
    return repeat(in, out);
  }
  status RepeatPool(const Times& in, writer<Text>& out, std::stop_token) override { return repeat(in, out); }

private:
  static status say(const Text& in, Text& out) {
    if (in.text() == "throw") throw std::runtime_error("a secret");
    if (in.text() == "refuse") return status(code::aborted, "not here");
    out.set_text("worker: " + in.text());
    return {};
  }
  static status repeat(const Times& in, writer<Text>& out) {
    for (std::uint32_t count = 0; count < in.count(); ++count) {
      if (!out.write(text(in.text() + std::to_string(count)))) return status(code::canceled);
    }
    return {};
  }
};

/// A loop under virtual time, workers that are stepped by hand, a dispatcher with the echo service, and a
/// client.
class echo_fixture : public ::testing::Test {
protected:
  explicit echo_fixture(dispatcher_options options = {}, local_channel_options channel_options = {})
      : service(std::make_shared<echo_service>(owner)),
        pool(owner, manual()),
        server(owner, pool, options),
        channel(server, channel_options),
        client(channel) {
    server.add(service);
    server.add_worker<echo_worker>();
  }

  actors::pool_options manual() {
    actors::pool_options options;
    options.workers = 1;
    options.host = &host;
    return options;
  }
  /// Runs until nothing is left but timers that lie ahead.
  void settle() { host.settle(owner); }

  /// What a promise came to: "value", or "code: message".
  template <class T>
  std::string outcome(promise<T> awaited, std::string (*show)(const T&)) {
    std::string told = "nothing";
    std::move(awaited)
        .then([&, show](const T& value) { told = show(value); },
              [&](const error& failure) {
                const status said = status::from(failure);
                told = std::string(name_of(said.code())) + ": " + said.message();
              })
        .detach();
    settle();
    return told;
  }
  std::string reply_of(promise<Text> awaited) {
    return outcome<Text>(std::move(awaited), [](const Text& value) { return value.text(); });
  }
  std::string next_of(promise<std::optional<Text>> awaited) {
    return outcome<std::optional<Text>>(std::move(awaited), [](const std::optional<Text>& value) {
      return value ? value->text() : std::string("end");
    });
  }
  std::string truth_of(promise<bool> awaited) {
    return outcome<bool>(std::move(awaited),
                         [](const bool& value) { return std::string(value ? "true" : "false"); });
  }

  trireme::testing::test_loop owner;
  actors::manual_host host;
  std::shared_ptr<echo_service> service;
  actors::pool pool;
  dispatcher server;
  local_channel channel;
  Echo::client client;
};

}  // namespace trireme::proto::testing
