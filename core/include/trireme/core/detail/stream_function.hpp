#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <trireme/core/context.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/shared_bytes.hpp>
#include <trireme/core/task.hpp>
#include <type_traits>
#include <utility>

namespace trireme::detail {

template <class Work, class... Arguments>
using comes_to = typename unwrap<std::remove_cvref_t<std::invoke_result_t<Work&, Arguments...>>>::type;

template <class Work>
concept generating =
    std::is_invocable_v<Work&> && std::is_same_v<comes_to<Work>, std::optional<shared_bytes>>;
template <class Work>
concept transforming =
    std::is_invocable_v<Work&, shared_bytes> && std::is_same_v<comes_to<Work, shared_bytes>, shared_bytes>;
template <class Work>
concept consuming = std::is_invocable_v<Work&, shared_bytes> && std::is_void_v<comes_to<Work, shared_bytes>>;

/// The function that a stream is made of. What it returns comes to `Self::arrived`, at once where it is no
/// promise and no task, and its error to `Self::failed`; not once it was stopped or the stream has gone: what
/// a transform was asked for in one pipeline does not come to the next. Keeps the function for as long as a
/// coroutine of it runs.
template <class Self, class Work>
class stream_function {
public:
  stream_function(Self& self, Work work) : shared_(std::make_shared<shared>(self, std::move(work))) {}
  stream_function(const stream_function&) = delete;
  stream_function& operator=(const stream_function&) = delete;
  ~stream_function() { stop(); }

  /// Asks what runs to stop, and takes no answer of it.
  void stop() {
    ++shared_->stops;
    if (const context_ptr running = std::exchange(context_, context_ptr())) running->request_stop();
  }

  template <class... Arguments>
  void call(Arguments&&... arguments) {
    using returned = std::remove_cvref_t<std::invoke_result_t<Work&, Arguments...>>;
    if constexpr (!std::is_same_v<returned, typename unwrap<returned>::type>) {
      call_and_wait(std::forward<Arguments>(arguments)...);
    } else if constexpr (std::is_void_v<returned>) {
      shared_->work(std::forward<Arguments>(arguments)...);
      shared_->self->arrived();
    } else {
      shared_->self->arrived(shared_->work(std::forward<Arguments>(arguments)...));
    }
  }

private:
  struct shared {
    shared(Self& made, Work given) : self(&made), work(std::move(given)) {}
    Self* const self;  // gone with the last stop
    Work work;
    std::uint64_t stops = 0;
  };

  static loop& owner_of(Self& self) {
    if constexpr (requires { self.owner(); }) {
      return self.owner();
    } else {
      return find_loop();  // a transform is called by the loop that runs
    }
  }
  template <class... Arguments>
  void call_and_wait(Arguments&&... arguments) {
    loop& owner = owner_of(*shared_->self);
    if (!context_) context_ = context::make(owner.current());
    const std::uint64_t stops = shared_->stops;
    auto pending = owner.run_in(
        context_, [&] { return to_promise(shared_->work(std::forward<Arguments>(arguments)...)); });
    std::move(pending)
        .then(
            [kept = shared_, stops](auto&&... value) {
              if (kept->stops == stops) kept->self->arrived(std::forward<decltype(value)>(value)...);
            },
            [kept = shared_, stops](const error& reason) {
              if (kept->stops == stops) kept->self->failed(reason);
            })
        .detach();
  }

  std::shared_ptr<shared> shared_;
  context_ptr context_;
};

}  // namespace trireme::detail
