#include "signal_watcher.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace trireme::detail {

namespace {

// The pipe of each signal's loop, plus one; 0: nobody's. The handler may run on any thread, at any time.
std::array<std::atomic<int>, NSIG> pipes;

extern "C" void trireme_on_signal(int number) {
  const int saved = errno;
  const unsigned char byte = static_cast<unsigned char>(number);
  const int fd = pipes[static_cast<std::size_t>(number)].load(std::memory_order_relaxed) - 1;
  if (fd >= 0) {
    [[maybe_unused]] const auto written = ::write(fd, &byte, 1);
  }
  errno = saved;
}

}  // namespace

signal_watcher::signal_watcher(loop& owner) : loop_(owner) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    throw error::from_errno(errno, "socketpair");
  }
  write_end_ = ends[1];
  read_end_ = std::make_unique<descriptor>(owner, ends[0], *this);
  read_end_->unref();
}

signal_watcher::~signal_watcher() {
  for (const auto& [number, target] : callbacks_) restore(number);
  ::close(write_end_);
}

void signal_watcher::set(int number, callback work) {
  if (!work) {
    if (callbacks_.erase(number)) restore(number);
    return;
  }
  if (number <= 0 || number >= NSIG) throw error::from_errno(EINVAL, "sigaction");
  struct sigaction action {};
  action.sa_handler = &trireme_on_signal;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  auto& pipe = pipes[static_cast<std::size_t>(number)];
  const int before = pipe.exchange(write_end_ + 1);
  if (::sigaction(number, &action, nullptr) != 0) {
    const int failure = errno;
    pipe.store(before);
    throw error::from_errno(failure, "sigaction");
  }
  callbacks_[number] = std::make_shared<watched>(watched{std::move(work), loop_.current()});
}

void signal_watcher::restore(int number) noexcept {
  auto& pipe = pipes[static_cast<std::size_t>(number)];
  if (pipe.load() != write_end_ + 1) return;  // another loop has taken it over
  std::signal(number, SIG_DFL);
  pipe.store(0);
}

void signal_watcher::on_readable() {
  // One a turn: a stop then leaves the others where they are.
  unsigned char number;
  if (read_end_->read(reinterpret_cast<char*>(&number), 1) != 1) return;
  const auto found = callbacks_.find(number);
  if (found == callbacks_.end()) return;
  const auto target = found->second;  // it may replace or remove itself
  loop_.run_in(target->context, [&] { target->work(); });
}

}  // namespace trireme::detail
