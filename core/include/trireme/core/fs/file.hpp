#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <trireme/core/completion.hpp>
#include <trireme/core/fs/file_info.hpp>
#include <trireme/core/fs/options.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>

namespace trireme::fs {

namespace detail {
class open_file;
}  // namespace detail

/// An open file. Its operations run on the blocking pool.
///
///     auto log = co_await fs::open(loop, "/var/log/chat", fs::open_mode::append);
///     co_await log.write("hello\n");
///     co_await log.close();
///
/// Thread: the loop's. Lifetime: the loop outlives it. Destroying it closes the file on the pool once what is
/// under way has ended; only `close` tells whether that went well. A stop of the current context answers at
/// once; what has begun is still done, a long read in part.
/// Errors: the system's, with operation and path; `EBADF` once closed; `errc::full` where the pool is full.
/// Order: operations with an offset may run side by side; those without use the file's one position, so start
/// the next when the one before has ended. Source: https://nodejs.org/api/fs.html#class-filehandle
class file {
public:
  using bound_to_a_loop = void;
  /// The most that one read gives.
  static constexpr std::size_t largest_read = std::size_t{2} << 30;

  file() noexcept = default;
  file(loop& owner, std::shared_ptr<detail::open_file> opened) noexcept;
  file(file&&) noexcept = default;
  file& operator=(file&& other) noexcept {
    std::swap(owner_, other.owner_);
    opened_.swap(other.opened_);
    return *this;
  }
  ~file();

  bool is_open() const noexcept { return opened_ != nullptr; }
  /// As it was opened; empty where it is not open.
  const std::string& path() const noexcept;
  /// -1 where it is not open. The file still owns it.
  int native_handle() const noexcept;

  /// `size` bytes from the file's position; fewer only where it ends, none at the end.
  promise<std::string> read(std::size_t size);
  void read(std::size_t size, callback_of<std::string> done);
  /// The same from `offset`, leaving the position alone.
  promise<std::string> read_at(std::uint64_t offset, std::size_t size);
  void read_at(std::uint64_t offset, std::size_t size, callback_of<std::string> done);

  /// All of `bytes` at the file's position; at the end of the file where it was opened to append.
  promise<void> write(std::string bytes);
  void write(std::string bytes, callback_of<void> done);
  /// The same at `offset`, leaving the position alone. Linux appends all the same to a file opened to append.
  promise<void> write_at(std::uint64_t offset, std::string bytes);
  void write_at(std::uint64_t offset, std::string bytes, callback_of<void> done);

  /// What was written is on the disk.
  promise<void> sync();
  void sync(callback_of<void> done);
  /// Cuts it, or lengthens it with zeros.
  promise<void> truncate(std::uint64_t size);
  void truncate(std::uint64_t size, callback_of<void> done);
  promise<file_info> stat();
  void stat(callback_of<file_info> done);
  /// It is closed for every later call at once, and settles when the operations under way have ended and the
  /// system has closed it. A stop does not keep it open.
  promise<void> close();
  void close(callback_of<void> done);

private:
  friend class read_stream;
  /// What one read of the system brings, from `offset` where it is given; nothing at the end only.
  void read_once(std::optional<std::uint64_t> offset, std::size_t size, callback_of<std::string> done);
  loop& owner() const noexcept;

  loop* owner_ = nullptr;
  std::shared_ptr<detail::open_file> opened_;
};

/// Opens a file. `permissions`, less the umask, are for one that is made.
///
/// Errors: the system's, with the operation "open" and the path. A pipe that has no other end keeps a thread
/// of the pool until it has one, as in Node.
promise<file> open(loop& owner, std::string path, open_mode mode = open_mode::read,
                   std::uint32_t permissions = 0666);
void open(loop& owner, std::string path, open_mode mode, std::uint32_t permissions, callback_of<file> done);
inline void open(loop& owner, std::string path, open_mode mode, callback_of<file> done) {
  open(owner, std::move(path), mode, 0666, std::move(done));
}

}  // namespace trireme::fs
