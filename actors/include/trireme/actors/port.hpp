#pragma once
#include <memory>
#include <trireme/actors/detail/crossing.hpp>
#include <trireme/actors/detail/listener.hpp>
#include <trireme/actors/detail/port_end.hpp>
#include <trireme/actors/sender.hpp>
#include <trireme/core/assert.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/posting.hpp>
#include <utility>

namespace trireme::actors {

template <class A, class B>
struct channel;

/// One end of a channel, the twin of Node's `MessagePort`: it posts `Out` and hears `In`. It may itself be
/// posted, and takes along what has not been read.
///
/// `on_message` and `on_close` bind it to the loop or worker that they are called on: handlers run there, and
/// until `unbind` the port belongs there, wherever it lies. Using, moving or destroying it elsewhere is a
/// bug, and stops the program. So: `unbind` before it is posted, and listen again where it arrives.
///
/// Thread: one owner at a time. `sender` gives what any thread may post by.
/// Lifetime: closing or destroying either end closes both; a loop outlives the ports bound to it, a worker
/// that ends drops their handlers. No handler is called once the port was destroyed. One that listens keeps
/// its loop alive, or its worker running, unless `unref`ed. Errors: `full` and `closed` leave the message
/// with the caller. Reaching the limit counts as "actors.port.full" where a loop made the channel. What a
/// handler throws goes to `loop::on_uncaught`; on a worker it ends that, as any handler's. Order: first in,
/// first out for as long as the end lives, whoever owns it at either side. On a loop each message is a
/// callback of its own with its own ticks and microtasks, in the poll phase; on a worker a call of its own.
/// Source: https://nodejs.org/api/worker_threads.html#class-messageport
template <class Out, class In>
class port {
  static_assert(detail::all_cross<Out, In>());

public:
  port(port&& other) noexcept
      : ends_(std::move(other.checked().ends_)),
        listener_(std::move(other.listener_)),
        referenced_(other.referenced_) {}
  port& operator=(port&& other) noexcept {
    port taken(std::move(other));
    std::swap(ends_, taken.ends_);
    std::swap(listener_, taken.listener_);
    std::swap(referenced_, taken.referenced_);
    return *this;
  }
  /// Closes it; what has not been read is destroyed.
  ~port() {
    unbind();
    shut();
  }

  /// `full` and `closed` leave the message with the caller.
  posting post_message(Out&& message) {
    checked();
    return ends_ ? ends_->to->post(message, &ends_->known) : posting::closed;
  }
  /// Posts as this port does, until either end closes.
  actors::sender<Out> sender() const {
    TRIREME_ASSERT(ends_ != nullptr);  // it was moved from
    return actors::sender<Out>(ends_->to);
  }

  /// Replaces the previous handler. What came before the first one is kept for it.
  void on_message(unique_function<void(In)> handler) {
    if (handler) return listening().on_message(std::move(handler));
    if (bound()) listener_->on_message(nullptr);
  }
  /// Called once after the last message, when this end or the other has closed: at once after `close`, else
  /// when all has been read.
  void on_close(callback handler) {
    if (handler) return listening().on_close(std::move(handler));
    if (bound()) listener_->on_close(nullptr);
  }
  /// Drops the handlers, so that it may be posted. What has not been read waits for the next one.
  void unbind() noexcept {
    if (bound()) listener_->drop();
    listener_.reset();
  }
  /// Whether a handler binds it to where it was set.
  bool bound() const noexcept {
    checked();
    return listener_ && listener_->active();
  }

  /// Closes both ends. This one hears no more, the other still reads what was posted. No-op where it has
  /// closed.
  void close() noexcept {
    checked();
    shut();
  }
  /// Whether either end has closed. What the other posted before may still be read.
  bool closed() const noexcept { return !ends_ || ends_->from->closed(); }

  /// Whether listening keeps its loop alive, or its worker running; it does at first. Travels with it.
  void ref() noexcept { set_referenced(true); }
  void unref() noexcept { set_referenced(false); }

private:
  template <class A, class B>
  friend struct channel;
  using listens = detail::typed_listener<In>;

  struct both {
    both(std::shared_ptr<detail::port_end> reads, std::shared_ptr<detail::port_end> posts)
        : from(std::move(reads)), to(std::move(posts)), known(to->items()) {}
    const std::shared_ptr<detail::port_end> from;
    const std::shared_ptr<detail::port_end> to;
    detail::port_end::queue::producer known;  // keeps the order, whatever thread posts by it
  };

  port(std::shared_ptr<detail::port_end> from, std::shared_ptr<detail::port_end> to)
      : ends_(std::make_unique<both>(std::move(from), std::move(to))) {}

  const port& checked() const noexcept {
    TRIREME_ASSERT(!listener_ || !listener_->active() || listener_->is_here());  // it listens elsewhere
    return *this;
  }
  port& checked() noexcept {
    std::as_const(*this).checked();
    return *this;
  }
  listens& listening() {
    TRIREME_ASSERT(ends_ != nullptr);  // it was moved from
    if (!bound()) listener_ = std::make_shared<listens>(ends_->from);
    listener_->hold(referenced_);
    listener_->look();
    return *listener_;
  }
  void set_referenced(bool whether) noexcept {
    referenced_ = whether;
    if (bound()) listener_->hold(whether);
  }
  void shut() noexcept {
    if (!ends_) return;
    ends_->to->close();
    ends_->from->close();
    ends_->from->discard();
    ends_->from->wake();
  }

  std::unique_ptr<both> ends_;
  std::shared_ptr<listens> listener_;
  bool referenced_ = true;
};

}  // namespace trireme::actors
