#pragma once
#include <memory>
#include <string>
#include <trireme/actors/detail/crossing.hpp>
#include <trireme/actors/detail/typed_worker.hpp>
#include <trireme/actors/worker_options.hpp>
#include <trireme/actors/worker_port.hpp>
#include <trireme/core/completion.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <type_traits>
#include <utility>

namespace trireme::actors {

namespace detail {

/// A body that is given its data where it runs.
template <class Body, class Data>
auto with_data(Body body, Data data) {
  return [body = std::move(body), data = std::move(data)](auto& parent) mutable {
    body(parent, std::move(data));
  };
}

}  // namespace detail

/// A thread with a port, the twin of `worker_threads`' Worker. `In` goes to the worker, `Out` comes from it.
///
/// `body(worker_port<Out, In>&)` runs once, on the new thread: it makes the worker's own state and gives it
/// to `parent.on_message`. That state lives and dies on the worker's thread. The worker exits when nothing is
/// left that it listens to, neither its messages nor a port that it bound; when it calls `parent.close()`,
/// when it throws, or when it was terminated.
///
/// Thread: `post_message` and `name` from any; everything else the loop's.
/// Lifetime: a running worker keeps its loop alive unless `unref`ed; the loop outlives the worker. Destroying
/// it terminates it and waits: work that takes long must look at `parent.stop_requested()`. No handler is
/// called then; who waits for the exit still hears of it. Errors: an exception of body or handler goes to
/// `on_error`, or without one to `loop::on_uncaught`; then the worker exits with code 1. Limits reached count
/// as "actors.worker.full", messages that an exit left unread as "actors.worker.dropped". Order: first in,
/// first out for each sender; each message is a callback of its own with its own ticks and microtasks, in the
/// poll phase. All messages, then the error, then the exit. Source:
/// https://nodejs.org/api/worker_threads.html#class-worker
template <class In, class Out>
class worker {
  static_assert(detail::all_cross<In, Out>());

public:
  using bound_to_a_loop = void;
  using port = worker_port<Out, In>;

  /// Throws `std::system_error` where the system has no more threads.
  template <class Body>
  worker(loop& owner, Body body, const worker_options& options = {})
      : core_(std::make_shared<detail::typed_worker<In, Out>>(owner, std::move(body), options)) {
    static_assert(detail::all_cross<Body>());
    core_->start(options.host);
  }
  /// The same for `body(worker_port<Out, In>&, Data)`: `data` is moved to the thread, and into the body's
  /// parameter there. Node's `workerData`.
  template <class Body, class Data>
  requires(!std::is_convertible_v<Data&, const worker_options&>)
      worker(loop& owner, Body body, Data data, const worker_options& options = {})
      : worker(owner, detail::with_data(std::move(body), std::move(data)), options) {
    static_assert(detail::all_cross<Body, Data>());
    static_assert(std::is_invocable_v<Body&, port&, Data>,
                  "trireme: the body cannot be called with a worker_port<Out, In>& and this data.");
  }
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;
  ~worker() { core_->detach(); }

  /// `full` and `closed` leave the message with the caller.
  posting post_message(In&& message) const { return core_->post_in(std::move(message)); }
  /// Replaces the previous handler. What came before the first one is kept for it.
  void on_message(unique_function<void(Out)> handler) { core_->on_message(std::move(handler)); }
  /// An exception that left body or handler.
  void on_error(unique_function<void(const error&)> handler) { core_->on_error(std::move(handler)); }
  /// The worker has ended: 0 by itself, 1 by an exception or where it was terminated first, else what it gave
  /// to `close`.
  void on_exit(unique_function<void(int)> handler) { core_->on_exit(std::move(handler)); }

  /// Asks the worker to stop after the message it is at; what waits in its mailbox is dropped. Settles as
  /// `exited`.
  promise<int> terminate() {
    core_->terminate();
    return exited();
  }
  void terminate(callback_of<int> done) {
    core_->terminate();
    exited(std::move(done));
  }
  /// Brings the exit code once the thread has ended, as `on_exit` does. Never fails.
  promise<int> exited() {
    return with_promise<int>(core_->owner(), [this](auto done) { core_->exited(std::move(done)); });
  }
  void exited(callback_of<int> done) { core_->exited(completion<int>(core_->owner(), std::move(done))); }

  /// Whether it has not exited yet.
  bool running() const noexcept { return core_->running(); }
  /// Whether it keeps the loop alive; it does at first.
  void ref() { core_->ref(); }
  void unref() noexcept { core_->unref(); }
  const std::string& name() const noexcept { return core_->name(); }

private:
  std::shared_ptr<detail::typed_worker<In, Out>> core_;
};

}  // namespace trireme::actors
