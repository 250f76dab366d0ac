#include <trireme/core/detail/bell.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <trireme/core/error.hpp>

namespace trireme::detail {

namespace {

int make_semaphore() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
  if (fd < 0) throw error::from_errno(errno, "eventfd");
  return fd;
}

timespec to_timespec(duration length) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(length);
  return {seconds.count(), (length - seconds).count()};
}

/// False where the time passed, or a signal came.
bool rang(int fd, duration at_most) noexcept {
  const timespec limit = to_timespec(std::max(at_most, duration::zero()));
  pollfd watched{fd, POLLIN, 0};
  return ::ppoll(&watched, 1, &limit, nullptr) > 0;
}

}  // namespace

bell::bell() : wake_(make_semaphore()) {}
bell::~bell() { ::close(wake_); }

void bell::ring_all() noexcept {
  while (asleep_.load() > 0) wake_one();
}

void bell::wait(std::optional<duration> at_most) noexcept {
  if (at_most && !rang(wake_, *at_most)) return awake();
  std::uint64_t token;
  while (::read(wake_, &token, sizeof token) < 0 && errno == EINTR) {
  }
}

bool bell::withdraw() noexcept {
  std::size_t asleep = asleep_.load();
  while (asleep > 0) {
    if (asleep_.compare_exchange_weak(asleep, asleep - 1)) return true;
  }
  return false;
}

void bell::wake_one() noexcept {
  if (!withdraw()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

}  // namespace trireme::detail
