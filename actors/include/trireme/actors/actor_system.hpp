#pragma once
#include <memory>
#include <trireme/actors/actor_ref.hpp>
#include <trireme/actors/dead_letters.hpp>
#include <trireme/actors/detail/birth.hpp>
#include <trireme/actors/detail/questions.hpp>
#include <trireme/actors/detail/system_core.hpp>
#include <trireme/actors/exit_reason.hpp>
#include <trireme/core/completion.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <utility>

namespace trireme::actors {

/// Threads on which actors live: many actors on few workers, each actor on one of them for all its life.
///
/// Thread: the loop's; what `spawn` returns is any thread's. Lifetime: the loop outlives it. Actors alone do
/// not keep the loop alive: questions without an answer do, and `stopped`. Destroying it ends every actor
/// with `stopped`, and waits for the handlers that are running; what lies in mailboxes becomes dead letters.
/// Memory: 40 bytes for each actor that ever lived at the same time as others are kept for new ones.
/// Errors: an exception that leaves an actor's code ends that actor, and goes to `on_failure`, or without one
/// to `loop::on_uncaught`. Counted as "actors.dead_letters.full", ".closed", ".stopped", ".late" and
/// ".unheard"; what senders were told at once to be `closed` is added when a worker reports dead letters or
/// ends, and by `dead_letters()`. A sender that comes after the end counts for the system that has those
/// workers' place then. Order: messages arrive in the order in which their sender told them; a stop, answers
/// and the like overtake them, and arrive before the next turn of any actor on that worker.
class actor_system {
public:
  using bound_to_a_loop = void;
  /// Throws `std::system_error` where the system has no more threads, `error` where it has no descriptors.
  explicit actor_system(loop& owner, const actor_system_options& options = {});
  actor_system(const actor_system&) = delete;
  actor_system& operator=(const actor_system&) = delete;
  ~actor_system();

  /// Makes an `A` of the arguments, on its worker. What is told it meanwhile waits. Where its constructor
  /// throws it has failed. Nobody, and false, where the system is stopping.
  template <class A, class... Arguments>
  actor_ref<A> spawn(Arguments... arguments) {
    return spawn_with<A>(spawn_options(), std::move(arguments)...);
  }
  template <class A, class... Arguments>
  actor_ref<A> spawn_with(const spawn_options& options, Arguments... arguments) {
    const detail::address place = core_->reserve(options);
    if (!place.where) return {};
    detail::post_control(
        std::make_unique<detail::typed_birth<A, Arguments...>>(place, std::move(arguments)...));
    return actor_ref<A>(place);
  }

  /// Tells the actor, and brings what its `on` returns or throws. Errors: that of a `result<R>`; `timed_out`
  /// after `at_most` (`duration::max()`: never), or at the current context's deadline where that is sooner;
  /// `full` and `closed` where it cannot be told, or ends first; the reason of a stop of the current context.
  /// Always in a callback of its own.
  template <class A, class M>
  promise<detail::reply_to<A, M>> ask(const actor_ref<A>& whom, M message, duration at_most) {
    using reply = detail::reply_to<A, M>;
    return with_promise<reply>(core_->owner(), [&](completion<reply> done) {
      ask_for(std::move(done), whom, std::move(message), at_most);
    });
  }
  template <class A, class M>
  void ask(const actor_ref<A>& whom, M message, duration at_most, callback_of<detail::reply_to<A, M>> done) {
    ask_for(completion<detail::reply_to<A, M>>(core_->owner(), std::move(done)), whom, std::move(message),
            at_most);
  }

  /// Asks every actor to end, and the workers then. No more are made.
  void stop() noexcept { core_->stop(); }
  /// Settles once all have ended after `stop`.
  promise<void> stopped();
  void stopped(callback_of<void> done);

  /// Called for dead letters, each in the context in which this was set: for samples at most, 32 for each
  /// message of a worker to the loop, and one such message under way at a time.
  void on_dead_letter(unique_function<void(const dead_letter&)> handler) {
    core_->on_dead_letter(std::move(handler));
  }
  /// What never arrived, as far as the loop has heard.
  dead_letter_report dead_letters() const { return core_->dead_letters(); }
  /// Called for every actor that failed and that no other actor watches.
  void on_failure(unique_function<void(const any_ref&, const exit_reason&)> handler) {
    core_->on_failure(std::move(handler));
  }

  /// How many actors there are, not yet born ones included. A moment later it may be another.
  std::size_t alive() const noexcept { return core_->alive().load(); }
  loop& owner() const noexcept { return core_->owner(); }

private:
  template <class A, class M>
  void ask_for(completion<detail::reply_to<A, M>> done, const actor_ref<A>& whom, M message,
               duration at_most) {
    using reply = detail::reply_to<A, M>;
    using question = detail::typed_loop_question<A, M>;
    static_assert(detail::is_message<A, M>() && detail::all_cross<reply>());
    static_assert(std::is_void_v<reply> || std::is_default_constructible_v<reply>,
                  "trireme: an answer must have a default, which stands where an error came instead.");
    if (const error why = refusal(); why) return reject_soon(std::move(done), why);
    detail::place taken(whom.address());
    if (!taken) return reject_soon(std::move(done), detail::not_posted(taken.outcome()));
    auto asked = std::make_unique<question>(whom.address(), *core_, std::move(done), std::move(message));
    asked->start(at_most);
    taken.fill(std::move(asked));
  }
  error refusal() const;
  template <class R>
  void reject_soon(completion<R> done, const error& why) {
    owner().next_tick([done = std::move(done), why]() mutable { done.reject(why); });
  }

  std::shared_ptr<detail::system_core> core_;
};

}  // namespace trireme::actors
