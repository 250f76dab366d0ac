#pragma once
#include <cstddef>
#include <memory>
#include <trireme/actors/detail/broadcast_hub.hpp>
#include <trireme/actors/port.hpp>
#include <trireme/core/loop.hpp>
#include <type_traits>
#include <utility>

namespace trireme::actors {

/// How a broadcast channel is made.
struct broadcast_options {
  broadcast_options() {}
  /// How many messages may wait for each member, and how many from it.
  std::size_t limit = 65'536;
};

template <class T>
class broadcast_channel;

/// One that takes part in a broadcast channel: what it posts reaches all but itself. May be posted, as a
/// port.
///
/// Thread, lifetime, errors and order: as `port`. It has left once it is destroyed, or the channel closes.
template <class T>
class broadcast_member {
public:
  /// `full` and `closed` leave the message with the caller. `posted` says that the channel has it; a member
  /// that is too far behind misses it there.
  posting post_message(T&& message) { return port_.post_message(std::move(message)); }
  /// Replaces the previous handler. What came since it joined is kept for the first one.
  void on_message(unique_function<void(T)> handler) { port_.on_message(std::move(handler)); }
  /// Called once after the last message: it left, or the channel closed.
  void on_close(callback handler) { port_.on_close(std::move(handler)); }
  /// Drops the handlers, so that it may be posted.
  void unbind() noexcept { port_.unbind(); }
  /// Hears no more, and says no more; what it posted before still reaches the others.
  void leave() noexcept { port_.close(); }
  /// Whether it has left, or the channel has closed.
  bool closed() const noexcept { return port_.closed(); }
  /// As a port's.
  void ref() noexcept { port_.ref(); }
  void unref() noexcept { port_.unref(); }

private:
  friend class broadcast_channel<T>;
  explicit broadcast_member(port<T, T> to) noexcept : port_(std::move(to)) {}

  port<T, T> port_;
};

/// Says everything to everybody else, on whatever threads they are: Node's `BroadcastChannel`, but with an
/// owner and a type. The loop that owns it fans out, so all hear all messages in one order, which keeps the
/// order of each sender.
///
/// Thread: the loop's; members are for other threads, or for this one.
/// Lifetime: the loop outlives it; destroying it closes it. While it has members it keeps its loop alive,
/// unless `unref`ed. Errors: a member with `broadcast_options::limit` messages unread misses what comes, and
/// only that, counted as "actors.broadcast.missed". Source:
/// https://nodejs.org/api/worker_threads.html#class-broadcastchannel-extends-eventtarget
template <class T>
class broadcast_channel {
  static_assert(std::is_copy_constructible_v<T>,
                "trireme: a broadcast message must be copyable, for every member gets a copy of its own. "
                "Broadcast large bytes as shared_bytes, whose copies share them.");

public:
  using bound_to_a_loop = void;

  explicit broadcast_channel(loop& owner, const broadcast_options& options = {})
      : hub_(std::make_shared<detail::broadcast_hub<T>>(owner, options.limit)) {}
  broadcast_channel(const broadcast_channel&) = delete;
  broadcast_channel& operator=(const broadcast_channel&) = delete;
  ~broadcast_channel() { close(); }

  /// A new member, which hears what is posted from now on. One that has left already where this is closed.
  broadcast_member<T> join() { return broadcast_member<T>(hub_->join()); }
  /// To all members. `closed` after `close`; otherwise `posted`.
  posting post_message(const T& message) { return hub_->post(message, nobody); }
  /// What members post, heard here too. Replaces the previous handler; without one nothing is kept.
  void on_message(unique_function<void(T)> handler) { hub_->on_message(std::move(handler)); }
  /// Members read what was posted to them, and are closed; what they have posted and this loop has not yet
  /// read is dropped.
  void close() noexcept { hub_->close(); }
  /// How many have joined and not left, as far as this loop has heard.
  std::size_t members() const noexcept { return hub_->members(); }
  /// Whether members keep the loop alive; they do at first.
  void ref() { hub_->set_referenced(true); }
  void unref() { hub_->set_referenced(false); }

private:
  static constexpr std::uint64_t nobody = 0;

  std::shared_ptr<detail::broadcast_hub<T>> hub_;
};

}  // namespace trireme::actors
