#pragma once
#include <trireme/core/completion.hpp>
#include <trireme/core/detail/blocking_pool.hpp>
#include <tuple>
#include <utility>

namespace trireme::fs {

/// `call` with what it takes, kept for a thread of the pool.
template <class Call, class... Arguments>
auto kept_call(Call call, Arguments... arguments) {
  return [call, kept = std::tuple<Arguments...>(std::move(arguments)...)] { return std::apply(call, kept); };
}

/// An operation that brings an error-first callback a `T` ...
template <class T, class Call, class... Arguments>
void run_for(loop& owner, callback_of<T> done, Call call, Arguments... arguments) {
  trireme::detail::blocking_pool::shared().run(completion<T>(owner, std::move(done)),
                                               kept_call(call, std::move(arguments)...));
}

/// ... and the same as a promise.
template <class T, class Call, class... Arguments>
promise<T> promise_of(loop& owner, Call call, Arguments... arguments) {
  return with_promise<T>(owner, [&](completion<T> done) {
    trireme::detail::blocking_pool::shared().run(std::move(done), kept_call(call, std::move(arguments)...));
  });
}

}  // namespace trireme::fs
