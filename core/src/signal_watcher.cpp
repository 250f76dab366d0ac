#include "signal_watcher.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>

namespace trireme::detail {

namespace {

// The write ends, plus one, of the loops' pipes; 0: free. The handler may run on any thread, at any time.
std::array<std::atomic<int>, 64> pipes;
std::atomic<int> handlers_running;  // pairs with pipes: who frees a place waits until no handler can know it

struct action {
  std::size_t claims = 0;
  struct sigaction before {};  // of the process, for the last claim to restore
};
std::mutex actions_mutex;  // guards actions
std::array<action, NSIG> actions;

extern "C" void trireme_on_signal(int number) {
  const int saved = errno;
  const unsigned char byte = static_cast<unsigned char>(number);
  handlers_running.fetch_add(1);
  for (const auto& each : pipes) {
    const int fd = each.load() - 1;
    if (fd < 0) continue;
    [[maybe_unused]] const auto written = ::write(fd, &byte, 1);
  }
  handlers_running.fetch_sub(1);
  errno = saved;
}

struct sigaction install(int number) {
  struct sigaction ours {};
  struct sigaction before {};
  ours.sa_handler = &trireme_on_signal;
  ours.sa_flags = SA_RESTART;
  ::sigemptyset(&ours.sa_mask);
  if (::sigaction(number, &ours, &before) != 0) throw error::from_errno(errno, "sigaction");
  return before;
}

struct signal_hook final : hook_state {
  signal_hook(loop& owner_, callback work_, int number)
      : hook_state(owner_, std::move(work_)), claim(std::in_place, number) {
    referenced = false;
  }
  std::optional<signal_claim> claim;
};

}  // namespace

signal_claim::signal_claim(int number) : number_(number) {
  if (number <= 0 || number >= NSIG) throw error::from_errno(EINVAL, "sigaction");
  const std::scoped_lock lock(actions_mutex);
  action& claimed = actions[static_cast<std::size_t>(number)];
  const struct sigaction before = install(number);
  if (claimed.claims++ == 0) claimed.before = before;
}

signal_claim::~signal_claim() {
  const std::scoped_lock lock(actions_mutex);
  action& claimed = actions[static_cast<std::size_t>(number_)];
  if (--claimed.claims > 0) return;
  struct sigaction now {};
  ::sigaction(number_, nullptr, &now);
  if (now.sa_handler != &trireme_on_signal) return;  // another's, who came later
  ::sigaction(number_, &claimed.before, nullptr);
}

signal_pipe::signal_pipe() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    throw error::from_errno(errno, "socketpair");
  }
  read_end_ = ends[0];
  write_end_ = ends[1];
  for (auto& each : pipes) {
    int free = 0;
    if (!each.compare_exchange_strong(free, write_end_ + 1)) continue;
    place_ = &each;
    return;
  }
  for (const int end : ends) ::close(end);
  throw error::from_errno(EUSERS, "on_signal");
}

signal_pipe::~signal_pipe() {
  place_->store(0);
  while (handlers_running.load() > 0) std::this_thread::yield();
  ::close(write_end_);
}

signal_watcher::signal_watcher(loop& owner) : loop_(owner), read_end_(owner, pipe_.read_end(), *this) {
  read_end_.unref();
}

signal_watcher::~signal_watcher() {
  for (auto& [number, hooks] : hooks_) {
    while (!hooks.empty()) {
      auto& gone = static_cast<signal_hook&>(hooks.pop_front());
      gone.owner = nullptr;  // its handle may live on
      gone.claim.reset();
    }
  }
}

hook signal_watcher::add(int number, callback work) {
  assert_callable(work);
  auto added = std::make_shared<signal_hook>(loop_, std::move(work), number);
  hooks_[number].push_back(*added);
  return hook(std::move(added));
}

void signal_watcher::on_readable() {
  // One a turn: a stop then leaves the others where they are.
  unsigned char number;
  if (read_end_.read(reinterpret_cast<char*>(&number), 1) != 1) return;
  const auto found = hooks_.find(number);
  if (found != hooks_.end()) loop_.internals().run_hooks(found->second);
}

}  // namespace trireme::detail
