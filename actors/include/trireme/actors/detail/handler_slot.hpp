#pragma once
#include <trireme/core/context.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/unique_function.hpp>
#include <utility>

namespace trireme::actors::detail {

/// A handler that may replace itself from within its own call.
template <class... Arguments>
class handler_slot {
public:
  using function = unique_function<void(Arguments...)>;

  void set(function handler) {
    handler_ = std::move(handler);
    ++version_;
  }
  explicit operator bool() const noexcept { return static_cast<bool>(handler_); }

  void operator()(Arguments... arguments) {
    struct put_back {
      ~put_back() {
        if (self.version_ == version) self.handler_ = std::move(running);
      }
      handler_slot& self;
      function running;
      unsigned version;
    } guard{*this, std::move(handler_), version_};
    guard.running(std::forward<Arguments>(arguments)...);
  }

private:
  function handler_;
  unsigned version_ = 0;
};

/// The same on a loop, called in the context in which it was set.
template <class... Arguments>
class loop_handler {
public:
  void set(loop& owner, unique_function<void(Arguments...)> handler) {
    context_ = owner.current();
    handler_.set(std::move(handler));
  }
  explicit operator bool() const noexcept { return static_cast<bool>(handler_); }
  void call(loop& owner, Arguments... arguments) {
    owner.run_in(context_, [&] { handler_(std::forward<Arguments>(arguments)...); });
  }

private:
  context_ptr context_;
  handler_slot<Arguments...> handler_;
};

}  // namespace trireme::actors::detail
