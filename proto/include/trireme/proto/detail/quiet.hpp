#pragma once
#include <trireme/core/promise.hpp>

namespace trireme::proto::detail {

/// Rejects a promise whose holder may not be waiting yet, as a peer's going away must not be an unhandled
/// error that stops the process.
template <class T>
void fail_quietly(trireme::detail::promise_state<T>& state, const error& reason) {
  struct nobody final : trireme::detail::reaction {
    void settled() override {}
  } handled;
  state.fail(reason);
  state.attach(handled);
}

}  // namespace trireme::proto::detail
