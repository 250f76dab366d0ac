// For every other Asio and platform: a wait that is armed again after each event.
#include "watch.hpp"

#if !TRIREME_PERSISTENT_WATCH
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <system_error>
#include <trireme/core/detail/descriptor.hpp>

namespace trireme::detail {

namespace {

class waiting_watch final : public watch {
public:
  explicit waiting_watch(descriptor& owner)
      : state_(std::make_shared<state>(owner, owner.owner().context(), owner.fd())) {
    await_readable();
  }
  void await_readable() {
    if (!std::exchange(state_->reading, true)) wait(state_, asio::posix::descriptor_base::wait_read);
  }
  void await_writable() {
    if (!std::exchange(state_->writing, true)) wait(state_, asio::posix::descriptor_base::wait_write);
  }
  void stop(bool) noexcept {
    state_->owner = nullptr;
    state_->stream.release();  // the descriptor closes its own
    delete this;
  }

private:
  struct state {
    state(descriptor& owner_, asio::io_context& context_, int fd)
        : owner(&owner_), context(context_), stream(context_, fd) {}
    descriptor* owner;
    asio::io_context& context;
    asio::posix::stream_descriptor stream;
    bool reading = false;
    bool writing = false;
  };

  static void wait(const std::shared_ptr<state>& target, asio::posix::descriptor_base::wait_type what) {
    const auto executor = target->context.get_executor();
    target->stream.async_wait(what, [target, what, executor](const asio::error_code& failure) {
      executor.on_work_started();
      if (failure == asio::error::operation_aborted || !target->owner) return;
      const bool writable = what == asio::posix::descriptor_base::wait_write;
      (writable ? target->writing : target->reading) = false;
      mark_ready(*target->owner, !writable, writable);
    });
    executor.on_work_finished();  // a watch is the loop's work, counted there
  }

  std::shared_ptr<state> state_;
};

}  // namespace

// Asio's errors of the system are none of ours.
watch* watch::start(descriptor& owner) {
  try {
    return new waiting_watch(owner);
  } catch (const std::system_error& refused) {
    throw error::from_errno(refused.code().value(), "epoll_ctl");
  }
}
void watch::await_readable() { static_cast<waiting_watch*>(this)->await_readable(); }
void watch::await_writable() { static_cast<waiting_watch*>(this)->await_writable(); }
void watch::stop(bool closing) noexcept { static_cast<waiting_watch*>(this)->stop(closing); }

}  // namespace trireme::detail
#endif
