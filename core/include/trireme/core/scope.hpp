#pragma once
#include <cstddef>
#include <memory>
#include <trireme/core/completion.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/spawned.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/unique_function.hpp>
#include <type_traits>

namespace trireme {
namespace detail {

template <class Work>
concept starts_task = std::is_same_v < std::invoke_result_t < std::decay_t<Work>
& >, task < void >> ;

}  // namespace detail

/// Owns background tasks. It has a context of its own, a child of the one that was current when it was made,
/// so that stopping it reaches its tasks and nobody else.
///
///     scope background{loop};
///     background.spawn([&loop]() -> task<void> { co_await sleep_for(loop, 1s); });
///     co_await background.join();
///
/// Thread: the loop's.
/// Lifetime: declare it after what its tasks use; its destructor asks them to stop, destroys the frames of
/// those that are left, and wakes who waits in `join`. Must not be destroyed by one of its own tasks while
/// that runs; a task may hold the scope's owner, which then goes after the task has ended. Errors: an error
/// that leaves a task goes to the handler of `on_error`, or else to `loop::on_uncaught`, and the other tasks
/// go on. The end of a task that was told to stop, `errc::canceled`, is no error once the scope has been.
class scope {
public:
  using bound_to_a_loop = void;
  explicit scope(loop& owner);
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;
  ~scope();

  /// Starts a coroutine under this scope's context and keeps the callable, captures included, until it ends.
  /// It counts in `size` and for `join` from its first line. What the callable itself throws, before there is
  /// a task, leaves `spawn`.
  template <detail::starts_task Work>
  void spawn(Work&& work) {
    start(unique_function<task<void>()>(std::forward<Work>(work)));
  }
  /// Takes a task that runs already. It keeps the context it was started under: `cancel` does not reach it,
  /// only the destructor does.
  void spawn(task<void> running);

  /// Asks all tasks to stop, those spawned later included.
  void cancel(error reason = errc::canceled) { context_->request_stop(std::move(reason)); }
  /// `co_await scope.join()` waits for the moment without tasks; more may be spawned meanwhile and after. A
  /// stop of the caller reaches the tasks, so it ends the wait as they end. `scope.join().as_promise()` is a
  /// promise of it, and with a callback it is called in a tick. Never fails: it ends with the scope, too.
  detail::join_operation join() noexcept { return detail::join_operation(*this); }
  void join(callback_of<void> done);
  /// Replaces the handler. It runs in a microtask and may do anything, destroying the scope included.
  void on_error(unique_function<void(const error&)> handler);

  std::size_t size() const noexcept { return size_; }
  const context_ptr& context() const noexcept { return context_; }
  loop& owner() const noexcept { return loop_; }

private:
  friend class detail::spawned;
  friend class detail::join_awaiter;
  friend class detail::join_operation;

  void start(unique_function<task<void>()> work);
  void keep(detail::spawned& item) noexcept;
  void let_go();
  /// Its last step is the handler, which may destroy the scope.
  void ended(const error& failure);
  void wait(detail::joiner& waiting);
  void wait(completion<void> done);
  void wake_joiners();

  loop& loop_;
  context_ptr context_;
  std::shared_ptr<unique_function<void(const error&)>>
      on_error_;  // shared with a call that may outlive the scope
  detail::list<detail::spawned> tasks_;
  detail::list<detail::joiner> joiners_;
  std::size_t size_ = 0;
};

}  // namespace trireme
