#pragma once
#include <memory>
#include <optional>
#include <trireme/actors/detail/crossing.hpp>
#include <trireme/actors/detail/envelope.hpp>
#include <trireme/core/posting.hpp>
#include <trireme/core/result.hpp>
#include <type_traits>
#include <utility>

namespace trireme::actors::detail {

template <class A, class M>
concept takes = requires(A& actor, M message) {
  actor.on(std::move(message));
};

/// Says in words why a message does not compile.
template <class A, class M>
consteval bool is_message() {
  static_assert(takes<A, M>, "trireme: this actor has no public on() that takes this message by value.");
  static_assert(alignof(M) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                "trireme: over-aligned values travel behind a unique_ptr.");
  return all_cross<M>();
}

/// What an actor answers to a message.
template <class A, class M>
using reply_to = std::decay_t<decltype(std::declval<A&>().on(std::declval<M>()))>;

/// A place in a mailbox, until it is filled.
///
/// Thread: any.
class place {
public:
  explicit place(const address& to) noexcept;
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  ~place() {
    if (*this) to_.where->give_place_back();
  }
  posting outcome() const noexcept { return outcome_; }
  explicit operator bool() const noexcept { return outcome_ == posting::posted; }
  void fill(std::unique_ptr<envelope> message) noexcept;

private:
  address to_;
  posting outcome_;
};

/// Sends control: past every limit, ahead of what users said. Where the actor has gone it is refused.
void post_control(std::unique_ptr<envelope> message) noexcept;

/// The error of a message that was not posted.
inline error not_posted(posting why) {
  return error(make_error_code(why == posting::full ? errc::full : errc::closed), "actor");
}

/// A message to an actor.
template <class A, class M>
class told final : public envelope {
public:
  template <class Given>
  told(const address& to, Given&& message) : envelope(to), message_(std::forward<Given>(message)) {}
  void deliver(std::unique_ptr<envelope>, cell& actor) override {
    static_cast<void>(static_cast<A&>(actor).on(std::move(message_)));
  }
  const std::type_info& content() const noexcept override { return typeid(M); }

private:
  M message_;
};

/// Calls what answers, and keeps what came of it.
template <class R, class Handler>
void keep_outcome(std::optional<result<R>>& into, Handler&& handler) {
  try {
    if constexpr (std::is_void_v<R>) {
      handler();
      into.emplace();
    } else {
      into.emplace(handler());
    }
  } catch (...) {
    into.emplace(error::from(std::current_exception()));
    throw;
  }
}

}  // namespace trireme::actors::detail
