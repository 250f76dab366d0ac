#pragma once
#include <trireme/core/detail/operations.hpp>
#include <trireme/core/unique_function.hpp>
#include <type_traits>
#include <utility>

/// g++ destroys a temporary lambda inside a `co_await` expression twice if its captures have destructors:
/// 12.2 does, and nothing shows yet that a version before 15 does not.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 15
#define TRIREME_DESTROYS_TEMPORARIES_TWICE 1
#else
#define TRIREME_DESTROYS_TEMPORARIES_TWICE 0
#endif

namespace trireme::detail {

template <class Work>
inline constexpr bool is_unique_function = false;
template <class Signature>
inline constexpr bool is_unique_function<unique_function<Signature>> = true;

/// Whether a temporary of each type may stand in a `co_await` expression. A class with constructors of its
/// own may, but nothing tells it from a lambda.
template <class... Work>
inline constexpr bool may_be_temporary = ((std::is_trivially_destructible_v<Work> ||
                                           is_unique_function<Work>)&&...);

/// A task that was made with a callable whose captures have destructors. It is awaited as an lvalue, which
/// takes two statements; the one statement that would destroy the captures twice does not compile where that
/// would happen:
///
///     auto work = with_timeout(loop, 1s, [&loop, name] { return fetch(loop, name); });
///     co_await work;
///
/// Awaiting it takes what is inside, so it is done once. Converts to the task it is. What is made of it by
/// `as_promise`, `then` and the others in the same expression, or by a combinator, is guarded alike.
template <class Awaitable>
class [[nodiscard]] in_two_statements : public Awaitable {
public:
  in_two_statements(Awaitable made) noexcept : Awaitable(std::move(made)) {}

  auto operator co_await() & { return static_cast<Awaitable&&>(*this).operator co_await(); }
#if TRIREME_DESTROYS_TEMPORARIES_TWICE
  void operator co_await() && = delete;  // give it a name, and `co_await` that in the next statement
#else
  auto operator co_await() && { return static_cast<Awaitable&&>(*this).operator co_await(); }
#endif
  // What comes of it in the same expression is no better than it.
  auto as_promise() && { return guarded(static_cast<Awaitable&&>(*this).as_promise()); }
  template <class... Work>
  auto then(Work... work) && {
    return guarded(static_cast<Awaitable&&>(*this).then(std::move(work)...));
  }
  template <class Rescue>
  auto or_else(Rescue rescue) && {
    return guarded(static_cast<Awaitable&&>(*this).or_else(std::move(rescue)));
  }
  template <class Work>
  auto finally(Work work) && {
    return guarded(static_cast<Awaitable&&>(*this).finally(std::move(work)));
  }
  // A name stands for it: what was handed in has gone.
  template <class... Work>
  auto then(Work... work) const& {
    return Awaitable::then(std::move(work)...);
  }
  template <class Rescue>
  auto or_else(Rescue rescue) const& {
    return Awaitable::or_else(std::move(rescue));
  }
  template <class Work>
  auto finally(Work work) const& {
    return Awaitable::finally(std::move(work));
  }

private:
  template <class Made>
  static in_two_statements<Made> guarded(Made made) {
    return in_two_statements<Made>(std::move(made));
  }
};

/// What a combinator returns for `Work`, which it was handed.
template <class Awaitable, class... Work>
using awaitable_for = std::conditional_t<may_be_temporary<Work...>, Awaitable, in_two_statements<Awaitable>>;

/// What a combinator returns for what runs already: guarded where any of it is, for the callable that one was
/// made with may stand in the same expression.
template <class Awaitable, class... Running>
using awaitable_of = std::conditional_t<(is_bare<Running> && ...), Awaitable, in_two_statements<Awaitable>>;

}  // namespace trireme::detail
