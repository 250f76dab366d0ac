#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <trireme/actors/manual_host.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/proto/dispatcher.hpp>
#include <trireme/proto/local_channel.hpp>
#include <utility>

#include "chat/chat_service.hpp"
#include "services/chat_words.hpp"
#include "services/scratch_folder.hpp"

namespace trireme::testing {

namespace v1 = trireme::chat::v1;

inline v1::JoinRequest join_request(const std::string& room, const std::string& name,
                                    std::uint32_t history = 0) {
  v1::JoinRequest made;
  made.set_room(room);
  made.set_name(name);
  made.set_history(history);
  return made;
}

inline v1::SayRequest say_request(const std::string& room, std::uint64_t member, const std::string& text) {
  v1::SayRequest made;
  made.set_room(room);
  made.set_member(member);
  made.set_text(text);
  return made;
}

/// "canceled: left"
inline std::string words(const error& failure) {
  const proto::status said = proto::status::from(failure);
  return std::string(proto::name_of(said.code())) + ": " + said.message();
}

/// Someone in a room: hears all that its Join brings and writes it down.
class guest {
public:
  guest(v1::Chat::client& client, const v1::JoinRequest& request) : stay_(client.Join(request)) { listen(); }
  guest(const guest&) = delete;
  guest& operator=(const guest&) = delete;

  void cancel() { stay_.cancel(); }
  /// 0 before the welcome.
  std::uint64_t id() const noexcept { return id_; }
  const std::vector<v1::Event>& events() const noexcept { return events_; }
  /// Everything so far; at last "end", or the status.
  order heard;

private:
  void listen() {
    stay_.read()
        .then(
            [this, here = std::weak_ptr<int>(here_)](const std::optional<v1::Event>& event) {
              if (!here.expired()) take(event);
            },
            [this, here = std::weak_ptr<int>(here_)](const error& failure) {
              if (!here.expired()) heard(words(failure));
            })
        .detach();
  }
  void take(const std::optional<v1::Event>& event) {
    if (!event) return heard("end");
    if (event->has_welcome()) id_ = event->welcome().self().id();
    events_.push_back(*event);
    heard(words(*event));
    listen();
  }

  const std::shared_ptr<int> here_ = std::make_shared<int>();  // a read that is under way outlives the guest
  std::uint64_t id_ = 0;
  std::vector<v1::Event> events_;
  proto::client_reader<v1::Event> stay_;
};

/// The chat with its history, without threads or sockets: one order, one time.
class chat_fixture : public ::testing::Test {
protected:
  explicit chat_fixture(services::chat::chat_options options = {})
      : history(owner, folder.path(), by_hand()),
        pool(owner, no_threads()),
        server(owner, pool),
        channel(server),
        client(channel) {
    rooms = std::make_shared<services::chat::chat_service>(owner, history, options);
    server.add(rooms);
  }

  services::chat::history_options by_hand() {
    services::chat::history_options options;
    options.host = &host;
    return options;
  }
  actors::pool_options no_threads() {
    actors::pool_options options;
    options.workers = 1;
    options.host = &host;
    return options;
  }

  void settle() { host.settle(owner); }
  /// In the room, and welcomed.
  std::unique_ptr<guest> enter(const std::string& room, const std::string& name,
                               std::uint32_t history_count = 0) {
    auto made = std::make_unique<guest>(client, join_request(room, name, history_count));
    settle();
    return made;
  }
  /// What the promise came to: `show` of its value, or "code: message".
  template <class T, class Show>
  std::string outcome(promise<T> awaited, Show show) {
    std::string told = "nothing";
    std::move(awaited)
        .then([&](const T& value) { told = show(value); },
              [&](const error& failure) { told = words(failure); })
        .detach();
    settle();
    return told;
  }
  std::string say(const std::string& room, std::uint64_t member, const std::string& text) {
    return outcome(client.Say(say_request(room, member, text)),
                   [](const v1::SayReply& reply) { return std::to_string(reply.id()); });
  }
  std::string leave(const std::string& room, std::uint64_t member) {
    v1::LeaveRequest request;
    request.set_room(room);
    request.set_member(member);
    return outcome(client.Leave(request), [](const v1::LeaveReply&) { return std::string("left"); });
  }
  std::string who(const std::string& room) {
    v1::WhoRequest request;
    request.set_room(room);
    return outcome(client.Who(request), [](const v1::WhoReply& reply) {
      std::string all;
      for (const auto& each : reply.members()) all += (all.empty() ? "" : " ") + each.name();
      return all;
    });
  }
  std::string said(const std::string& room, std::uint64_t before = 0, std::uint32_t count = 0) {
    v1::HistoryRequest request;
    request.set_room(room);
    request.set_before(before);
    request.set_count(count);
    return outcome(client.History(request), [](const v1::HistoryReply& reply) {
      std::string all;
      for (const auto& each : reply.messages()) all += (all.empty() ? "" : ", ") + words(each);
      return all;
    });
  }

  scratch_folder folder;
  test_loop owner;
  actors::manual_host host;
  services::chat::history history;
  actors::pool pool;
  std::shared_ptr<services::chat::chat_service> rooms;
  proto::dispatcher server;
  proto::local_channel channel;
  v1::Chat::client client;
};

}  // namespace trireme::testing
