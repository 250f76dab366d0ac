#pragma once
#include <memory>
#include <trireme/actors/detail/actor_messages.hpp>
#include <trireme/actors/detail/slot.hpp>
#include <trireme/core/posting.hpp>
#include <type_traits>
#include <utility>

namespace trireme::actors {

/// Names an actor of whatever type: to stop, link or monitor it.
///
/// Thread: any; copies freely, and crosses. Lifetime: outlives its actor and even the system.
class any_ref {
public:
  any_ref() noexcept = default;
  /// For this framework's own modules.
  explicit any_ref(const detail::address& to) noexcept : address_(to) {}

  /// Whether it names an actor, dead or alive.
  explicit operator bool() const noexcept { return address_.where != nullptr; }
  /// Whether the actor has not ended yet; a moment later it may have.
  bool alive() const noexcept { return address_.lives(); }
  /// Asks the actor to end, ahead of everything in its mailbox, which becomes dead letters. Nothing where it
  /// has ended.
  void stop() const;
  const detail::address& address() const noexcept { return address_; }
  friend bool operator==(const any_ref&, const any_ref&) = default;

private:
  detail::address address_;
};

/// Names an actor of type `A`.
///
/// Thread: any; 16 bytes, copies freely, and crosses. Lifetime: outlives its actor and even the system, and
/// says `closed` then. Order: first in, first out for each sender, be it a thread or an actor; none between
/// senders, even where one's message is the cause of the other's.
template <class A>
class actor_ref {
public:
  actor_ref() noexcept = default;
  /// For this framework's own modules.
  explicit actor_ref(const detail::address& to) noexcept : any_(to) {}

  /// Leaves a message that `A::on` takes. `full` at the mailbox's limit and `closed` leave it with the
  /// caller; nothing else ever comes back to the sender.
  template <class M>
  posting tell(M&& message) const {
    using type = std::decay_t<M>;
    static_assert(detail::is_message<A, type>());
    if (!any_) return posting::closed;
    detail::place taken(any_.address());
    if (!taken) return taken.outcome();
    taken.fill(std::make_unique<detail::told<A, type>>(any_.address(), std::forward<M>(message)));
    return posting::posted;
  }

  explicit operator bool() const noexcept { return static_cast<bool>(any_); }
  bool alive() const noexcept { return any_.alive(); }
  void stop() const { any_.stop(); }
  operator any_ref() const noexcept { return any_; }
  const detail::address& address() const noexcept { return any_.address(); }
  friend bool operator==(const actor_ref&, const actor_ref&) = default;

private:
  any_ref any_;
};

}  // namespace trireme::actors
