#pragma once
// First: Asio's configuration depends on what the standard library has defined by then.
#include <cstddef>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <optional>
#include <trireme/core/clock.hpp>
#include <utility>

namespace asio::detail {
class epoll_reactor;
}

namespace trireme::detail {

/// Drives Asio one turn at a time: straight at its reactor (reactor_direct.cpp), or by `poll_one`
/// (reactor_portable.cpp).
class reactor {
public:
  reactor();
  asio::io_context& context() noexcept { return context_; }

  /// Waits for at most `timeout`, for ever where it is negative, then runs what is ready up to a budget,
  /// calling `after_each` behind every handler for as long as it returns true. Returns whether anything ran.
  template <class AfterEach>
  bool poll(duration timeout, AfterEach&& after_each) {
    bool ran = run_first(timeout);
    const bool any = ran;
    for (int left = budget; ran && left > 0; --left) ran = after_each() && run_next();
    left_over_ = any;
    return any;
  }

  /// For a foreign loop that is about to wait for the handle. False where handlers wait already: those do not
  /// turn it readable. True where none does: what other threads hand to Asio turns it readable from then on,
  /// until `awake`.
  bool about_to_sleep_outside() noexcept;
  void awake() noexcept;
  /// Turns readable where `poll` has something to do; -1 where Asio does not tell.
  int native_handle() noexcept;

  /// Destroys every handler that Asio holds; nothing runs any more.
  void abandon() { context_.shutdown(); }

  /// Whether Asio holds work that is not ours: a user's own sockets, timers and posts.
  bool has_foreign_work();

private:
  static constexpr int budget = 1024;  // handlers a turn, so that no flood of events starves the other phases
  bool run_first(duration timeout);
  bool run_next();

  struct stoppable_context final : asio::io_context {
    using asio::execution_context::shutdown;
    using asio::io_context::io_context;
  };
  stoppable_context context_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard_;
  bool left_over_ = true;  // handlers may wait: something ran, or threw
  // For the direct way.
  asio::detail::scheduler* handlers_ = nullptr;
  asio::detail::epoll_reactor* events_ = nullptr;
};

}  // namespace trireme::detail
