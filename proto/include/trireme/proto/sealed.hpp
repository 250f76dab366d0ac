#pragma once
#include <google/protobuf/message_lite.h>
#include <concepts>
#include <trireme/core/assert.hpp>
#include <trireme/proto/arena_shelf.hpp>
#include <utility>

namespace trireme::proto {

/// A protobuf message and the arena that it lies in, which cross threads together: nothing is serialised, and
/// nothing copied, as it would be by moving the message out of its arena. When it is destroyed, wherever, the
/// arena goes home to the loop where it was made, and is used again.
///
///   auto request = sealed<Query>::make(shelf);            // on the loop
///   decode(encoding::protobuf, frame.view(), *request);
///   pool.run_then(answered, [](sealed<Query> asked) {     // on a worker
///     const Query& query = *asked;
///     auto reply = std::move(asked).sibling<Reply>();     // in the same arena
///     ...
///
/// Thread: `make` on the shelf's loop; then whoever holds it, one at a time.
/// Lifetime: the message's is that of its `sealed`. May outlive shelf and loop: the arena is freed where it
/// is. Errors: looking into an empty one is a bug, and stops the program. Order: an arena goes home by a
/// callback of the loop, in the poll phase.
template <class T>
class sealed {
public:
  static_assert(std::derived_from<T, google::protobuf::MessageLite>,
                "trireme: what is sealed is a protobuf message; other values cross as they are.");

  sealed() noexcept = default;  ///< empty, as one that was moved from
  static sealed make(arena_shelf& shelf) { return sealed(shelf.lend()); }
  sealed(sealed&& other) noexcept
      : box_(std::move(other.box_)), message_(std::exchange(other.message_, nullptr)) {}
  sealed& operator=(sealed&& other) noexcept {
    box_ = std::move(other.box_);
    message_ = std::exchange(other.message_, nullptr);
    return *this;
  }

  explicit operator bool() const noexcept { return message_ != nullptr; }
  T& operator*() { return *checked(); }
  const T& operator*() const { return *checked(); }
  T* operator->() { return checked(); }
  const T* operator->() const { return checked(); }

  /// A message of another type in the same arena, the reply to this request. This one is readable as long as
  /// that lives.
  template <class U>
  sealed<U> sibling() && {
    static_cast<void>(checked());
    message_ = nullptr;
    return sealed<U>(std::move(box_));
  }

private:
  template <class U>
  friend class sealed;
  explicit sealed(detail::lent_box box)
      : box_(std::move(box)), message_(google::protobuf::Arena::CreateMessage<T>(&box_->arena)) {}
  T* checked() const {
    TRIREME_ASSERT(message_);
    return message_;
  }

  detail::lent_box box_;
  T* message_ = nullptr;
};

}  // namespace trireme::proto
