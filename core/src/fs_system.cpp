#include "fs_system.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <trireme/core/detail/blocking_call.hpp>

namespace trireme::fs::calls {

namespace {

file_info::time time_of(const ::timespec& when) noexcept {
  constexpr ::time_t farthest = 9'223'372'035;  // of what nanoseconds in 64 bits reach: 1677 to 2262
  const std::chrono::seconds seconds(std::clamp(when.tv_sec, -farthest, farthest));
  const auto since = seconds + std::chrono::nanoseconds(when.tv_nsec);
  return file_info::time(std::chrono::duration_cast<file_info::time::duration>(since));
}

}  // namespace

int unique_descriptor::reset() noexcept {
  const int fd = release();
  if (fd < 0) return 0;
  // Not again after EINTR: Linux has closed it by then, and the number may be another thread's.
  return ::close(fd) < 0 && errno != EINTR ? errno : 0;
}

error abandoned(std::string_view operation, const std::string& path) {
  return error(make_error_code(errc::canceled), operation, path);
}

result<void> check_path(const std::string& path, std::string_view operation) {
  if (path.find('\0') == std::string::npos) return {};
  return error::from_errno(EINVAL, operation, path);
}

result<unique_descriptor> open_path(const std::string& path, int flags, std::uint32_t permissions) {
  if (auto sound = check_path(path, "open"); !sound) return sound.error();
  const int fd =
      uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, permissions); });
  if (fd < 0) return failed("open", path);
  return unique_descriptor(fd);
}

result<void> write_some(int fd, std::int64_t offset, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const std::size_t step = std::min(bytes.size(), step_size);
    const auto written = uninterrupted([&] {
      return offset < 0 ? ::write(fd, bytes.data(), step) : ::pwrite(fd, bytes.data(), step, offset);
    });
    if (written < 0) return failed("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    if (offset >= 0) offset += written;
  }
  return {};
}

result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  return write_some(fd, -1, bytes, path);
}

result<std::string> read_some(int fd, std::int64_t offset, std::size_t size, const std::string& path) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    if (trireme::detail::work_is_abandoned()) return abandoned("read", path);
    const std::size_t step = std::min(size - have, step_size);
    const auto got = uninterrupted([&] {
      return offset < 0 ? ::read(fd, bytes.data() + have, step)
                        : ::pread(fd, bytes.data() + have, step, offset + static_cast<std::int64_t>(have));
    });
    if (got < 0) return failed("read", path);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

result<std::string> read_once(int fd, std::int64_t offset, std::size_t size, const std::string& path) {
  std::string bytes(std::min(size, step_size), '\0');
  const auto got = uninterrupted([&] {
    return offset < 0 ? ::read(fd, bytes.data(), bytes.size())
                      : ::pread(fd, bytes.data(), bytes.size(), offset);
  });
  if (got < 0) return failed("read", path);
  bytes.resize(static_cast<std::size_t>(got));
  if (bytes.capacity() > bytes.size() * 2) bytes.shrink_to_fit();
  return bytes;
}

result<void> sync_to_disk(int fd, const std::string& path) {
  if (uninterrupted([&] { return ::fsync(fd); }) == 0) return {};
  // Pipes and some devices have nothing to sync.
  if (errno == EINVAL || errno == EROFS) return {};
  return failed("fsync", path);
}

file_kind kind_of(mode_t mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return file_kind::regular;
    case S_IFDIR:
      return file_kind::directory;
    case S_IFLNK:
      return file_kind::symbolic_link;
    case S_IFSOCK:
      return file_kind::socket;
    case S_IFIFO:
      return file_kind::pipe;
    case S_IFBLK:
      return file_kind::block_device;
    case S_IFCHR:
      return file_kind::character_device;
    default:
      return file_kind::unknown;
  }
}

file_info info_of(const struct ::stat& status) noexcept {
  file_info info;
  info.kind = kind_of(status.st_mode);
  info.permissions = status.st_mode & 07777;
  info.size = static_cast<std::uint64_t>(status.st_size);
  info.device = status.st_dev;
  info.inode = status.st_ino;
  info.links = status.st_nlink;
  info.user = status.st_uid;
  info.group = status.st_gid;
  info.accessed = time_of(status.st_atim);
  info.modified = time_of(status.st_mtim);
  info.changed = time_of(status.st_ctim);
  return info;
}

}  // namespace trireme::fs::calls
