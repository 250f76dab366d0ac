#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <trireme/core/detail/blocking_call.hpp>

#include "fs_calls.hpp"
#include "fs_system.hpp"

namespace trireme::fs::calls {

namespace {

constexpr std::size_t smallest_read = std::size_t{64} << 10;

/// Reads until the end, wherever that is: what /proc holds says that it has no size.
result<std::string> read_to_end(int fd, const std::string& path, std::size_t expected, std::size_t limit) {
  std::string bytes;
  // One more than expected, so that the end shows without the buffer growing for it.
  std::size_t room = expected > 0 ? expected + 1 : smallest_read;
  std::size_t have = 0;
  for (;;) {
    if (trireme::detail::work_is_abandoned()) return abandoned("read", path);
    if (have == bytes.size()) {
      if (have > limit) return error::from_errno(EFBIG, "read", path);
      bytes.resize(std::min(room, limit + 1));
      room = std::max(bytes.size() * 2, smallest_read);
    }
    const std::size_t step = std::min(bytes.size() - have, step_size);
    const auto got = uninterrupted([&] { return ::read(fd, bytes.data() + have, step); });
    if (got < 0) return failed("read", path);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  if (bytes.capacity() > have * 2) bytes.shrink_to_fit();
  return bytes;
}

std::string random_name() {
  std::array<unsigned char, 8> random{};
  for (std::size_t have = 0; have < random.size();) {
    const auto got =
        uninterrupted([&] { return ::getrandom(random.data() + have, random.size() - have, 0); });
    if (got < 0) error::from_errno(errno, "getrandom").raise();
    have += static_cast<std::size_t>(got);
  }
  std::string name = ".trireme-";
  for (const unsigned char each : random) {
    name += "0123456789abcdef"[each >> 4];
    name += "0123456789abcdef"[each & 15];
  }
  return name;
}

/// With its slash; empty for a bare name.
std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

/// Only the user's own, while it is not known whom the contents are for.
constexpr std::uint32_t nobody_else = 0600;

/// A new file beside the target, which goes again unless it took the target's name.
class replacement {
public:
  static result<replacement> make(const std::string& target, std::uint32_t permissions) {
    for (int tries = 0;; ++tries) {
      std::string path = directory_of(target) + random_name();
      const int fd = uninterrupted([&] {
        return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, permissions);
      });
      if (fd >= 0) return replacement(std::move(path), unique_descriptor(fd));
      if (errno != EEXIST || tries == 100) return failed("open", target);
    }
  }
  replacement(replacement&& other) noexcept
      : path_(std::exchange(other.path_, std::string())), fd_(std::move(other.fd_)) {}
  ~replacement() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  int descriptor() const noexcept { return fd_.get(); }
  result<void> take_name(const std::string& target) {
    if (const int number = fd_.reset()) return error::from_errno(number, "close", target);
    if (::rename(path_.c_str(), target.c_str()) < 0) return failed("rename", target);
    path_.clear();
    return {};
  }

private:
  replacement(std::string path, unique_descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  unique_descriptor fd_;
};

/// The file that a chain of links ends at; nothing where it ends at no file.
std::optional<std::string> without_links(const std::string& path) {
  struct ::stat status;
  if (::lstat(path.c_str(), &status) == 0 && !S_ISLNK(status.st_mode)) return path;
  char* const resolved = ::realpath(path.c_str(), nullptr);
  if (!resolved)
    return errno == ENOENT && ::lstat(path.c_str(), &status) < 0 ? std::optional(path) : std::nullopt;
  std::string copied(resolved);
  std::free(resolved);
  return copied;
}

/// What the old file had goes to the new one. An owner that the process may not give stays the process's, and
/// then no one is to run the file as its owner or group.
result<void> inherit(int fd, const struct ::stat& old, const std::string& path) {
  ::mode_t mode = old.st_mode & 07777;
  if (::fchown(fd, old.st_uid, old.st_gid) < 0) {
    [[maybe_unused]] const int given = ::fchown(fd, static_cast<::uid_t>(-1), old.st_gid);
    mode &= 01777;
  }
  if (::fchmod(fd, mode) < 0) return failed("fchmod", path);
  return {};
}

/// The directory that holds a name: open, so that nothing but the sync itself can fail once the name is
/// there.
class open_directory {
public:
  static result<open_directory> of(const std::string& target) {
    std::string path = directory_of(target);
    if (path.empty()) path = ".";
    auto opened = open_path(path, O_RDONLY | O_DIRECTORY);
    if (opened) return open_directory(std::move(path), std::move(*opened));
    // One that may be written but not read cannot be synced by us.
    if (opened.error().code().value() == EACCES) return open_directory(std::move(path), unique_descriptor());
    return opened.error();
  }
  result<void> sync() const { return fd_.get() < 0 ? result<void>() : sync_to_disk(fd_.get(), path_); }

private:
  open_directory(std::string path, unique_descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  unique_descriptor fd_;
};

result<void> sync_directory(const std::string& target) {
  const auto directory = open_directory::of(target);
  return directory ? directory->sync() : directory.error();
}

struct place_options {
  int flags;
  bool durable;
  std::uint32_t permissions;
};

result<void> write_in_place(const std::string& path, const std::string& bytes, const place_options& options) {
  const bool is_new = options.durable && ::access(path.c_str(), F_OK) < 0;
  auto opened = open_path(path, O_WRONLY | O_CREAT | options.flags, options.permissions);
  if (!opened) return opened.error();
  if (auto written = write_all(opened->get(), bytes, path); !written) return written;
  if (options.durable) {
    if (auto synced = sync_to_disk(opened->get(), path); !synced) return synced;
  }
  if (const int number = opened->reset()) return error::from_errno(number, "close", path);
  return is_new ? sync_directory(without_links(path).value_or(path)) : result<void>();
}

result<void> take_name(replacement& made, const std::string& target, bool durable) {
  if (!durable) return made.take_name(target);
  if (auto synced = sync_to_disk(made.descriptor(), target); !synced) return synced;
  const auto directory = open_directory::of(target);
  if (!directory) return directory.error();
  if (trireme::detail::work_is_abandoned()) return abandoned("rename", target);
  if (auto named = made.take_name(target); !named) return named;
  return directory->sync();
}

result<void> replace(const std::string& target, const struct ::stat* old, const std::string& bytes,
                     const write_options& options) {
  auto made = replacement::make(target, old ? nobody_else : options.permissions);
  if (!made) return made.error();
  if (auto written = write_all(made->descriptor(), bytes, target); !written) return written;
  if (old) {
    if (auto inherited = inherit(made->descriptor(), *old, target); !inherited) return inherited;
  }
  if (trireme::detail::work_is_abandoned()) return abandoned("rename", target);
  return take_name(*made, target, options.durable);
}

}  // namespace

result<std::string> read_file(const std::string& path, const read_options& options) {
  auto opened = open_path(path, O_RDONLY);
  if (!opened) return opened.error();
  struct ::stat status;
  if (::fstat(opened->get(), &status) < 0) return failed("fstat", path);
  const std::size_t limit = std::min(options.limit, std::string().max_size() - 1);
  const auto size = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
  if (size > limit) return error::from_errno(EFBIG, "read", path);
  return read_to_end(opened->get(), path, static_cast<std::size_t>(size), limit);
}

result<void> write_file(const std::string& path, const std::string& bytes, const write_options& options) {
  const auto in_place = [&] {
    return write_in_place(path, bytes, {O_TRUNC, options.durable, options.permissions});
  };
  if (auto sound = check_path(path, "open"); !sound) return sound;
  if (!options.atomic) return in_place();
  const std::optional<std::string> target = without_links(path);
  if (!target) return in_place();
  struct ::stat old;
  if (::stat(target->c_str(), &old) < 0) {
    if (errno != ENOENT) return failed("open", path);
    return replace(*target, nullptr, bytes, options);
  }
  // A device, pipe or socket must not lose its name to a file; and a directory says that it is one.
  if (!S_ISREG(old.st_mode)) return in_place();
  // Taking a name asks for rights on the directory only: a file that may not be written stays as it is.
  if (::faccessat(AT_FDCWD, target->c_str(), W_OK, AT_EACCESS) < 0) return failed("open", path);
  return replace(*target, &old, bytes, options);
}

result<void> append_file(const std::string& path, const std::string& bytes, const append_options& options) {
  return write_in_place(path, bytes, {O_APPEND, options.durable, options.permissions});
}

}  // namespace trireme::fs::calls
