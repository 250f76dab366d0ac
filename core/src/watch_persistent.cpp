// The only file that touches asio::detail: reactor operations for each descriptor that are never done, so
// that an event costs no new operation, no re-arming call and no second read. The one for failures tells of a
// reset that came in one edge with the last bytes, which a short read alone would hide.
#include "watch.hpp"

#if TRIREME_PERSISTENT_WATCH
#include <asio/detail/epoll_reactor.hpp>
#include <asio/detail/reactor_op.hpp>
#include <asio/detail/scheduler.hpp>
#include <asio/io_context.hpp>
#include <cerrno>
#include <trireme/core/detail/descriptor.hpp>

namespace trireme::detail {

namespace {

using asio::detail::epoll_reactor;
using asio::detail::reactor_op;

class persistent_watch;

/// Reports each event to the watch and stays queued. Asio calls `report` with its lock held: it only takes
/// note.
struct event_op final : reactor_op {
  event_op(persistent_watch& owner, epoll_reactor::op_types kind)
      : reactor_op(asio::error_code(), &event_op::report, &event_op::end), owner_(&owner), kind_(kind) {}
  static status report(reactor_op* base);
  /// Once cancelled, or with the context itself.
  static void end(void*, asio::detail::operation* base, const asio::error_code&, std::size_t) {
    delete static_cast<event_op*>(base);
  }

  persistent_watch* owner_;
  epoll_reactor::op_types kind_;
  bool armed_ = false;  // Asio tries an operation once before it queues it
};

class persistent_watch final : public watch {
public:
  explicit persistent_watch(descriptor& owner)
      : owner_(owner),
        reactor_(asio::use_service<epoll_reactor>(owner.owner().context())),
        scheduler_(asio::use_service<asio::detail::scheduler>(owner.owner().context())) {
    reactor_.init_task();
    if (const int code = reactor_.register_descriptor(owner.fd(), registration_)) {
      throw error::from_errno(code, "epoll_ctl");
    }
    queue(epoll_reactor::read_op);
    queue(epoll_reactor::except_op);
  }

  void event(epoll_reactor::op_types kind) noexcept {
    if (kind == epoll_reactor::except_op) return mark_failed(owner_);
    mark_ready(owner_, kind == epoll_reactor::read_op, kind == epoll_reactor::write_op);
  }

  void await_writable() {
    if (!writes_queued_) queue(epoll_reactor::write_op);
    writes_queued_ = true;
  }

  void stop(bool closing) noexcept {
    for (int ended = 0; ended < 2 + writes_queued_; ++ended) scheduler_.work_started();
    reactor_.deregister_descriptor(owner_.fd(), registration_, closing);
    reactor_.cleanup_descriptor_data(registration_);
    delete this;
  }

private:
  void queue(epoll_reactor::op_types kind) {
    auto* const op = new event_op(*this, kind);
    reactor_.start_op(kind, owner_.fd(), registration_, op, false, true);
    op->armed_ = true;
    scheduler_.work_finished();  // a watch is the loop's work, counted there
  }

  descriptor& owner_;
  epoll_reactor& reactor_;
  asio::detail::scheduler& scheduler_;
  epoll_reactor::per_descriptor_data registration_{};
  bool writes_queued_ = false;
};

reactor_op::status event_op::report(reactor_op* base) {
  auto* const self = static_cast<event_op*>(base);
  if (self->armed_) self->owner_->event(self->kind_);
  return not_done;
}

}  // namespace

watch* watch::start(descriptor& owner) { return new persistent_watch(owner); }
void watch::await_readable() {}  // it always does
void watch::await_writable() { static_cast<persistent_watch*>(this)->await_writable(); }
void watch::stop(bool closing) noexcept { static_cast<persistent_watch*>(this)->stop(closing); }

}  // namespace trireme::detail
#endif
