#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <trireme/core/detail/descriptor.hpp>
#include <trireme/core/detail/loop_state.hpp>

#include "watch.hpp"

namespace trireme::detail {

namespace {

/// Asks the kernel to say after each read what is left, the end of the stream included: a short read is then
/// known to be the last, and the edge that brought it cannot hide a FIN. Linux 4.18; TCP only.
bool tell_pending(int fd) noexcept {
  const int on = 1;
  return ::setsockopt(fd, IPPROTO_TCP, TCP_INQ, &on, sizeof on) == 0;
}

/// Files and directories are always ready: the kernel does not watch them, which Asio keeps to itself. Asked
/// only of what is no TCP socket: accepting a connection costs no call more.
bool is_always_ready(int fd) noexcept {
  struct stat about {};
  return ::fstat(fd, &about) == 0 && (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode));
}

int pending_after(msghdr& message) noexcept {
  const cmsghdr* const told = CMSG_FIRSTHDR(&message);
  if (!told || told->cmsg_level != IPPROTO_TCP || told->cmsg_type != TCP_CM_INQ) return 1;
  int left = 0;
  std::memcpy(&left, CMSG_DATA(told), sizeof left);
  return left;
}

}  // namespace

descriptor::descriptor(loop& owner, int fd, handler& target)
    : loop_(owner), handler_(target), fd_(fd), tells_pending_(tell_pending(fd)) {
  loop_.assert_current();
  try {
    if (!tells_pending_ && is_always_ready(fd)) throw error::from_errno(EPERM, "epoll_ctl");
    watch_ = watch::start(*this);
  } catch (...) {
    ::close(fd);
    throw;
  }
  ++loop_.internals().references;
}

descriptor::~descriptor() {
  if (destroyed_) *destroyed_ = true;
  unref();
  if (fd_ < 0) return;
  watch_->stop(true);
  ::close(fd_);
}

int descriptor::release() noexcept {
  unlink();
  readable_ = writable_ = awaits_writable_ = false;
  watch_->stop(false);
  return std::exchange(fd_, -1);
}

std::ptrdiff_t descriptor::read(char* into, std::size_t size) noexcept {
  iovec part{into, size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  std::ptrdiff_t got;
  if (tells_pending_) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    got = ::recvmsg(fd_, &message, 0);
    readable_ = got > 0 && (failed_ || pending_after(message) != 0);
  } else {
    got = ::recv(fd_, into, size, 0);
    readable_ = got > 0;
  }
  const int failure = errno;
  if (got > 0 ? !readable_ : got < 0 && failure == EAGAIN) watch_->await_readable();
  return got < 0 ? -failure : got;
}

std::ptrdiff_t descriptor::write(const char* from, std::size_t size) noexcept {
  const std::ptrdiff_t sent = ::send(fd_, from, size, MSG_NOSIGNAL);
  const int failure = errno;
  if (sent < 0 && failure != EAGAIN) return -failure;
  if (sent < static_cast<std::ptrdiff_t>(size)) await_writable();
  return sent < 0 ? -failure : sent;
}

std::ptrdiff_t descriptor::write(const iovec* parts, int count) noexcept {
  std::size_t size = 0;
  for (int part = 0; part < count; ++part) size += parts[part].iov_len;
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<std::size_t>(count);
  const std::ptrdiff_t sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
  const int failure = errno;
  if (sent < 0 && failure != EAGAIN) return -failure;
  if (sent < static_cast<std::ptrdiff_t>(size)) await_writable();
  return sent < 0 ? -failure : sent;
}

int descriptor::accept() noexcept {
  const int accepted = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted >= 0) return accepted;
  const int failure = errno;
  if (failure == EAGAIN) {
    readable_ = false;
    watch_->await_readable();
  }
  return -failure;
}

void descriptor::resume_reading() noexcept {
  paused_ = false;
  if (readable_) queue();
}

void descriptor::ref() noexcept {
  if (!std::exchange(referenced_, true)) ++loop_.internals().references;
}

void descriptor::unref() noexcept {
  if (std::exchange(referenced_, false)) --loop_.internals().references;
}

void descriptor::await_writable() noexcept {
  awaits_writable_ = true;
  watch_->await_writable();
}

void descriptor::queue() noexcept {
  if (!linked() && !destroyed_) loop_.internals().ready.push_back(*this);
}

void descriptor::mark_ready(bool readable, bool writable) noexcept {
  readable_ = readable_ || readable;
  writable_ = writable_ || (writable && awaits_writable_);
  if ((readable_ && !paused_) || writable_) queue();
}

void descriptor::dispatch() {
  bool destroyed = false;
  destroyed_ = &destroyed;
  loop_state& state = loop_.internals();
  if (readable_ && !paused_) state.enter({}, [this] { handler_.on_readable(); });
  if (destroyed) return;
  if (!state.stopping && std::exchange(writable_, false) && std::exchange(awaits_writable_, false)) {
    state.enter({}, [this] { handler_.on_writable(); });
  }
  if (destroyed) return;
  destroyed_ = nullptr;
  if ((readable_ && !paused_) || writable_) queue();
}

void watch::mark_failed(descriptor& owner) noexcept {
  owner.failed_ = true;
  owner.mark_ready(true, false);
}

void watch::mark_ready(descriptor& owner, bool readable, bool writable) noexcept {
  owner.mark_ready(readable, writable);
}

}  // namespace trireme::detail
