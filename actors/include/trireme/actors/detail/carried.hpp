#pragma once
#include <memory>
#include <trireme/core/assert.hpp>
#include <trireme/core/detail/job_queue.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <trireme/core/posting.hpp>
#include <type_traits>
#include <utility>

namespace trireme::actors::detail {

/// Gives a message back to the caller whose post was refused.
template <class T>
void give_back(T& to, T&& from) {
  if constexpr (std::is_move_assignable_v<T>) {
    to = std::move(from);
  } else {
    std::destroy_at(&to);
    std::construct_at(&to, std::move(from));
  }
}

/// Posts `made`, which took what `message` had as its `content`, and puts that back where it is refused.
template <class T, class Message, class Post>
posting post_or_give_back(T& message, std::unique_ptr<Message> made, Post post) {
  Message& inside = *made;
  std::unique_ptr<trireme::detail::job> job = std::move(made);
  const posting outcome = post(job);
  if (outcome != posting::posted) give_back<T>(message, std::move(inside.content));
  return outcome;
}

/// A message between ports, on its way. Nobody runs it: the listener takes out what it carries.
template <class T>
struct carried final : trireme::detail::job, trireme::detail::recycled {
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                "trireme: over-aligned values travel behind a unique_ptr.");
  explicit carried(T&& message) : content(std::move(message)) {}
  void run() override { TRIREME_ASSERT(false); }
  T content;
};

}  // namespace trireme::actors::detail
