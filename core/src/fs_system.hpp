#pragma once
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <trireme/core/error.hpp>
#include <trireme/core/fs/file_info.hpp>
#include <trireme/core/result.hpp>
#include <utility>

namespace trireme::fs::calls {

/// A descriptor that closes with its owner.
class unique_descriptor {
public:
  unique_descriptor() noexcept = default;
  explicit unique_descriptor(int fd) noexcept : fd_(fd) {}
  unique_descriptor(unique_descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_descriptor& operator=(unique_descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~unique_descriptor() { reset(); }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }
  /// The errno of `close`, or 0. The descriptor has gone either way.
  int reset() noexcept;

private:
  int fd_ = -1;
};

/// Makes a system call again where a signal ended it.
template <class Call>
auto uninterrupted(Call call) {
  auto outcome = call();
  while (outcome < 0 && errno == EINTR) outcome = call();
  return outcome;
}

/// The error of the system call that has just failed.
inline error failed(std::string_view operation, std::string_view path) {
  return error::from_errno(errno, operation, path);
}

/// How much is read or written between two looks at whether anybody still waits for it.
inline constexpr std::size_t step_size = std::size_t{4} << 20;
/// What a long read answers where nobody waits: it will not be heard.
error abandoned(std::string_view operation, const std::string& path);

/// `open` with O_CLOEXEC and O_NOCTTY. A path with a zero byte, which the system would cut there, is EINVAL.
result<unique_descriptor> open_path(const std::string& path, int flags, std::uint32_t permissions = 0);
result<void> check_path(const std::string& path, std::string_view operation);
/// All of it, over short writes.
result<void> write_all(int fd, std::string_view bytes, const std::string& path);
/// `size` bytes, fewer only at the end; from the file's own position where `offset` is negative.
result<std::string> read_some(int fd, std::int64_t offset, std::size_t size, const std::string& path);
/// What one read brings, `step_size` at most; nothing at the end only.
result<std::string> read_once(int fd, std::int64_t offset, std::size_t size, const std::string& path);
result<void> write_some(int fd, std::int64_t offset, std::string_view bytes, const std::string& path);
result<void> sync_to_disk(int fd, const std::string& path);

file_kind kind_of(mode_t mode) noexcept;
file_info info_of(const struct ::stat& status) noexcept;

}  // namespace trireme::fs::calls
