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

result<void> write_in_place(const std::string& path, const std::string& bytes, int flags, bool durable,
                            std::uint32_t permissions) {
  auto opened = open_path(path, O_WRONLY | O_CREAT | flags, permissions);
  if (!opened) return opened.error();
  if (auto written = write_all(opened->get(), bytes, path); !written) return written;
  if (durable) {
    if (auto synced = sync_to_disk(opened->get(), path); !synced) return synced;
  }
  if (const int number = opened->reset()) return error::from_errno(number, "close", path);
  return {};
}

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

/// What the old file had goes to the new one; an owner that the process may not give stays the process's.
result<void> inherit(int fd, const struct ::stat& old, const std::string& path) {
  if (old.st_uid != ::geteuid() || old.st_gid != ::getegid()) {
    [[maybe_unused]] const int given = ::fchown(fd, old.st_uid, old.st_gid);
  }
  if (::fchmod(fd, old.st_mode & 07777) < 0) return failed("fchmod", path);
  return {};
}

result<void> sync_directory(const std::string& target) {
  const std::string directory = directory_of(target);
  const std::string& opened_path = directory.empty() ? "." : directory;
  auto opened = open_path(opened_path, O_RDONLY | O_DIRECTORY);
  // A directory that may be written but not read cannot be synced by us.
  if (!opened) return opened.error().code().value() == EACCES ? result<void>() : opened.error();
  return sync_to_disk(opened->get(), target);
}

result<void> replace(const std::string& target, const struct ::stat* old, const std::string& bytes,
                     const write_options& options) {
  auto made = replacement::make(target, options.permissions);
  if (!made) return made.error();
  if (auto written = write_all(made->descriptor(), bytes, target); !written) return written;
  if (old) {
    if (auto inherited = inherit(made->descriptor(), *old, target); !inherited) return inherited;
  }
  if (options.durable) {
    if (auto synced = sync_to_disk(made->descriptor(), target); !synced) return synced;
  }
  if (trireme::detail::work_is_abandoned()) return abandoned("rename", target);
  if (auto named = made->take_name(target); !named) return named;
  return options.durable ? sync_directory(target) : result<void>();
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
    return write_in_place(path, bytes, O_TRUNC, options.durable, options.permissions);
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
  return write_in_place(path, bytes, O_APPEND, options.durable, options.permissions);
}

}  // namespace trireme::fs::calls
