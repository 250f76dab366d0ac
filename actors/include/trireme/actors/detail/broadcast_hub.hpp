#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <trireme/actors/channel.hpp>
#include <trireme/actors/detail/handler_slot.hpp>
#include <trireme/core/counters.hpp>
#include <trireme/core/loop.hpp>
#include <utility>

namespace trireme::actors::detail {

/// The loop's side of a broadcast channel: a port for each member, in the order they joined.
template <class T>
class broadcast_hub : public std::enable_shared_from_this<broadcast_hub<T>> {
public:
  broadcast_hub(loop& owner, std::size_t limit)
      : loop_(owner), missed_(owner.counters().get("actors.broadcast.missed")) {
    options_.limit = limit;
  }

  port<T, T> join() {
    loop_.assert_current();
    channel<T> line(options_);
    if (closed_) {
      line.second.close();
    } else {
      const std::uint64_t number = ++last_;
      listen(members_.emplace(number, std::move(line.first)).first->second, number);
    }
    return std::move(line.second);
  }
  posting post(const T& message, std::uint64_t from) {
    loop_.assert_current();
    if (closed_) return posting::closed;
    for (auto& [number, member] : members_) {
      if (number == from) continue;
      T copy(message);
      if (member.post_message(std::move(copy)) == posting::full) missed_.add();
    }
    return posting::posted;
  }
  void on_message(unique_function<void(T)> handler) { handler_.set(loop_, std::move(handler)); }
  void close() noexcept {
    closed_ = true;
    members_.clear();
    handler_.set(loop_, nullptr);
  }
  void set_referenced(bool whether) {
    referenced_ = whether;
    for (auto& [number, member] : members_) whether ? member.ref() : member.unref();
  }
  std::size_t members() const noexcept { return members_.size(); }

private:
  void listen(port<T, T>& member, std::uint64_t number) {
    if (!referenced_) member.unref();
    member.on_message([this, number](T message) { said(std::move(message), number); });
    member.on_close([this, number] { members_.erase(number); });
  }
  void said(T message, std::uint64_t number) {
    const auto self = this->shared_from_this();  // the handler may destroy the channel
    static_cast<void>(post(message, number));
    if (handler_) handler_.call(loop_, std::move(message));
  }

  loop& loop_;
  counter& missed_;
  channel_options options_;
  std::map<std::uint64_t, port<T, T>> members_;
  loop_handler<T> handler_;
  std::uint64_t last_ = 0;
  bool referenced_ = true;
  bool closed_ = false;
};

}  // namespace trireme::actors::detail
