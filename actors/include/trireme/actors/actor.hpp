#pragma once
#include <memory>
#include <trireme/actors/actor_ref.hpp>
#include <trireme/actors/detail/actor_worker.hpp>
#include <trireme/actors/detail/birth.hpp>
#include <trireme/actors/detail/cell.hpp>
#include <trireme/actors/detail/questions.hpp>
#include <trireme/actors/exit_reason.hpp>
#include <trireme/core/clock.hpp>
#include <trireme/core/result.hpp>
#include <trireme/core/unique_function.hpp>
#include <utility>

namespace trireme::actors {

/// Names a message that an actor has sent itself for later; one that is default-made names none.
struct actor_timer {
  std::uint64_t number = detail::no_timer;
};

/// A base for actors: private state, and a mailbox. `class counter : public actor<counter>` takes the
/// messages for which it has a public `on`:
///
///     int on(increment by) { return value_ += by.amount; }   // what it returns answers an `ask`
///     result<int> on(divide by);                             // an int, or an error that the actor survives
///
/// `on_start()` runs before the first message, `on_exit(const exit_reason&)` after the last; these may be
/// overridden, as may `on_link_down(const any_ref&, const exit_reason&)` and
/// `on_down(actor_monitor, const exit_reason&)`.
///
/// A message type that is called like a member of this class is written with its namespace.
///
/// Thread: all of an actor's code runs on its worker, never two pieces of it at once, and what it holds lives
/// and dies there. It must not wait: other actors share the worker. Lifetime: until it stops, is stopped,
/// fails, or its system goes. Errors: an exception that leaves constructor, `on_start`, a message or a
/// handler ends it with `failed`; one from `on_exit` is logged. An error in a `result` that `on` returns is
/// the asker's; where the message was told it is nobody's, and counts as a dead letter, `unheard`. Order: its
/// messages one after the other, first in first out for each sender; answers and stops ahead of them. Source:
/// https://www.erlang.org/doc/system/ref_man_processes.html
template <class Self>
class actor : public detail::cell {
protected:
  actor() = default;

  actor_ref<Self> self() const noexcept { return actor_ref<Self>(this->own_address()); }
  /// Ends this actor after the call that is running, with `normal`. What waits in its mailbox becomes dead
  /// letters.
  void stop() noexcept { this->end_with(exit_reason::kind::normal); }
  time_point now() const { return detail::cell::now(); }

  /// As `actor_system::spawn`, on this actor's worker; the new one exists when this returns.
  template <class A, class... Arguments>
  actor_ref<A> spawn(Arguments... arguments) {
    const detail::address place = this->own_worker().reserve(0);
    if (!place.where) return {};
    this->own_worker().bear(
        std::make_unique<detail::typed_birth<A, Arguments...>>(place, std::move(arguments)...));
    return actor_ref<A>(place);
  }

  /// The same, linked to this one.
  template <class A, class... Arguments>
  actor_ref<A> spawn_linked(Arguments... arguments) {
    const auto made = spawn<A>(std::move(arguments)...);
    link(made);
    return made;
  }

  /// Tells another actor, and calls `handler` here with what its `on` returns or throws, or `timed_out` after
  /// `at_most` (`duration::max()`: never), `full`, `closed`; never from within this call. An actor that ends
  /// takes its handlers with it, uncalled: they go before it does, but for those of a constructor that
  /// throws.
  template <class A, class M>
  void ask(const actor_ref<A>& whom, M message, duration at_most,
           unique_function<void(result<detail::reply_to<A, M>>)> handler) {
    using reply = detail::reply_to<A, M>;
    static_assert(detail::is_message<A, M>() && detail::all_cross<reply>());
    const std::uint64_t number = this->keep_question(
        std::make_unique<detail::typed_pending_question<reply>>(std::move(handler)), at_most);
    detail::place taken(whom.address());
    if (!taken) {
      return detail::post_control(std::make_unique<detail::answered<reply>>(
          this->own_address(), number, result<reply>(detail::not_posted(taken.outcome()))));
    }
    taken.fill(std::make_unique<detail::actor_question<A, M>>(whom.address(), this->own_address(), number,
                                                              std::move(message)));
  }

  /// Tells this actor the message after `delay`, or later, never earlier; past the mailbox's limit.
  template <class M>
  actor_timer after(duration delay, M message) {
    static_assert(detail::is_message<Self, M>());
    return {this->arm_timer(
        delay, std::make_unique<detail::told<Self, M>>(this->own_address(), std::move(message)), false)};
  }
  /// When one of the two ends, the other hears `on_link_down(which, why)`; unless overridden that ends it
  /// too, with the same reason, but where that is `normal`. At once where the other has ended. Once, however
  /// often it was linked.
  void link(const any_ref& other) { this->link_to(other.address()); }
  void unlink(const any_ref& other) { this->unlink_from(other.address()); }
  /// When the other ends, this one hears `on_down(number, why)`, once; with `no_actor` where it has.
  actor_monitor monitor(const any_ref& other) { return {this->watch_end_of(other.address())}; }
  /// Nothing where it has been heard.
  void demonitor(actor_monitor which) { this->unwatch_end_of(which.number); }

  /// Nothing where it has been sent.
  void cancel(actor_timer which) noexcept { this->disarm_timer(which.number); }
};

}  // namespace trireme::actors
