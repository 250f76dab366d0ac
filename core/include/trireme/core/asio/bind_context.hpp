#pragma once
#include <trireme/core/asio/executor.hpp>

#include <asio/associator.hpp>
#include <trireme/core/context.hpp>
#include <type_traits>
#include <utility>

namespace trireme {

/// A handler that runs under the context that was current when `bind_context` made it; everything else that
/// Asio associates with a handler is that of the one inside.
///
/// Thread: made, run and destroyed on the loop's, for contexts are counted without atomics. Lifetime: the
/// loop outlives it.
template <class Handler>
class context_binder {
public:
  using bound_to_a_loop = void;
  context_binder(loop& owner, Handler inside)
      : owner_(&owner), context_(owner.current()), inside_(std::move(inside)) {}

  template <class... Arguments>
  decltype(auto) operator()(Arguments&&... arguments) {
    return owner_->run_in(context_, [&]() -> decltype(auto) {
      return std::move(inside_)(std::forward<Arguments>(arguments)...);
    });
  }
  const Handler& get() const noexcept { return inside_; }

private:
  loop* owner_;
  context_ptr context_;
  Handler inside_;
};

/// `asio::post(executor_of(loop), bind_context(loop, work))`, or any other handler.
template <class Handler>
context_binder<std::decay_t<Handler>> bind_context(loop& owner, Handler&& handler) {
  return context_binder<std::decay_t<Handler>>(owner, std::forward<Handler>(handler));
}

}  // namespace trireme

template <template <class, class> class Associator, class Handler, class Default>
struct asio::associator<Associator, trireme::context_binder<Handler>, Default> {
  using type = typename Associator<Handler, Default>::type;
  static type get(const trireme::context_binder<Handler>& bound,
                  const Default& otherwise = Default()) noexcept {
    return Associator<Handler, Default>::get(bound.get(), otherwise);
  }
};
