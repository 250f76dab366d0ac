#pragma once
#include <memory>
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

/// What `on` returns, and what it says by that: of a `result<R>`, R.
template <class A, class M>
struct outcome_of {
  static_assert(is_message<A, M>());
  using type = std::decay_t<decltype(std::declval<A&>().on(std::declval<M>()))>;
};
template <class T>
struct meaning_of : std::type_identity<T> {};
template <class R>
struct meaning_of<result<R>> : std::type_identity<R> {};

/// What an actor answers to a message.
template <class A, class M>
using reply_to = typename meaning_of<typename outcome_of<A, M>::type>::type;

/// Whether an actor may answer a message with an error, and live on.
template <class A, class M>
inline constexpr bool may_answer_error = !std::is_same_v<reply_to<A, M>, typename outcome_of<A, M>::type>;

/// Calls `on` for a question. What it throws leaves this.
template <class A, class M>
result<reply_to<A, M>> answer_of(A& actor, M&& message) {
  if constexpr (std::is_void_v<typename outcome_of<A, M>::type>) {
    actor.on(std::move(message));
    return {};
  } else {
    return actor.on(std::move(message));
  }
}

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
    A& whom = static_cast<A&>(actor);
    if constexpr (may_answer_error<A, M>) {
      const auto answer = whom.on(std::move(message_));
      if (!answer) whom.answer_went_unheard(content());
    } else {
      static_cast<void>(whom.on(std::move(message_)));
    }
  }
  const std::type_info& content() const noexcept override { return typeid(M); }

private:
  M message_;
};

}  // namespace trireme::actors::detail
