#pragma once
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <memory>
#include <trireme/core/detail/descriptor.hpp>

namespace trireme::testing {

/// One watched end of a connected pair, and the other to write to by hand. Calls `work` for every byte read.
struct watched_pair final : trireme::detail::descriptor::handler {
  watched_pair(loop& owner, std::function<void()> on_byte) : work(std::move(on_byte)) {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    watched = std::make_unique<trireme::detail::descriptor>(owner, ends[0], *this);
  }
  watched_pair(const watched_pair&) = delete;
  watched_pair& operator=(const watched_pair&) = delete;
  ~watched_pair() { ::close(ends[1]); }

  void send_byte() const {
    if (::send(ends[1], "x", 1, MSG_NOSIGNAL) != 1 && errno != EAGAIN && errno != EPIPE) std::abort();
  }
  void on_readable() override {
    char byte;
    if (watched->read(&byte, 1) == 1) work();
  }

  std::function<void()> work;
  int ends[2];
  std::unique_ptr<trireme::detail::descriptor> watched;
};

}  // namespace trireme::testing
