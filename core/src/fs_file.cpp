#include <trireme/core/fs/file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <limits>
#include <trireme/core/assert.hpp>

#include "fs_open_file.hpp"
#include "fs_run.hpp"

namespace trireme::fs {

namespace detail {

namespace {

int flags_of(open_mode mode) noexcept {
  switch (mode) {
    case open_mode::read:
      return O_RDONLY;
    case open_mode::read_write:
      return O_RDWR;
    case open_mode::write:
      return O_WRONLY | O_CREAT | O_TRUNC;
    case open_mode::write_new:
      return O_WRONLY | O_CREAT | O_EXCL;
    case open_mode::write_read:
      return O_RDWR | O_CREAT | O_TRUNC;
    case open_mode::write_read_new:
      return O_RDWR | O_CREAT | O_EXCL;
    case open_mode::append:
      return O_WRONLY | O_CREAT | O_APPEND;
    case open_mode::append_new:
      return O_WRONLY | O_CREAT | O_APPEND | O_EXCL;
    case open_mode::append_read:
      return O_RDWR | O_CREAT | O_APPEND;
  }
  return O_RDONLY;
}

}  // namespace

result<std::shared_ptr<open_file>> open_file::open(const std::string& path, open_mode mode,
                                                   std::uint32_t permissions) {
  auto fd = calls::open_path(path, flags_of(mode), permissions);
  if (!fd) return fd.error();
  return std::make_shared<open_file>(std::move(*fd), path);
}

result<void> open_file::close() {
  for (int users = users_.load(); users > 0; users = users_.load()) users_.wait(users);
  if (const int number = fd_.reset()) return error::from_errno(number, "close", path_);
  return {};
}

}  // namespace detail

namespace {

using detail::open_file;
using detail::use_of_file;
using shared_file = std::shared_ptr<open_file>;

/// Beyond it, and below zero where it is signed, the system has no offsets.
constexpr std::uint64_t last_offset = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t at_position = -1;

std::int64_t system_offset(std::uint64_t offset) noexcept {
  return offset > last_offset ? std::numeric_limits<std::int64_t>::min() : static_cast<std::int64_t>(offset);
}

result<std::string> read_work(const use_of_file& used, std::int64_t offset, std::size_t size) {
  if (offset < at_position || size > file::largest_read)
    return error::from_errno(EINVAL, "read", used.path());
  return calls::read_some(used.descriptor(), offset, size, used.path());
}
result<std::string> read_once_work(const use_of_file& used, std::int64_t offset, std::size_t size) {
  if (offset < at_position) return error::from_errno(EINVAL, "read", used.path());
  return calls::read_once(used.descriptor(), offset, size, used.path());
}
result<void> write_work(const use_of_file& used, std::int64_t offset, const std::string& bytes) {
  if (offset < at_position) return error::from_errno(EINVAL, "write", used.path());
  return calls::write_some(used.descriptor(), offset, bytes, used.path());
}
result<void> sync_work(const use_of_file& used) {
  return calls::sync_to_disk(used.descriptor(), used.path());
}
result<void> truncate_work(const use_of_file& used, std::uint64_t size) {
  const auto cut = [&] { return ::ftruncate(used.descriptor(), system_offset(size)); };
  if (calls::uninterrupted(cut) < 0) return calls::failed("ftruncate", used.path());
  return {};
}
result<file_info> stat_work(const use_of_file& used) {
  struct ::stat status;
  if (::fstat(used.descriptor(), &status) < 0) return calls::failed("fstat", used.path());
  return calls::info_of(status);
}

template <class T>
void fail_closed(const char* operation, completion<T> done) {
  loop& owner = done.owner();
  owner.next_tick(
      [done = std::move(done), operation]() mutable { done.reject(error::from_errno(EBADF, operation)); });
}

template <class T, class Call, class... Arguments>
void start(const shared_file& opened, const char* operation, completion<T> done, Call call,
           Arguments... arguments) {
  if (!opened) return fail_closed(operation, std::move(done));
  trireme::detail::blocking_pool::shared().run(std::move(done),
                                               kept_call(call, use_of_file(opened), std::move(arguments)...));
}

result<void> close_work(const shared_file& opened) { return opened->close(); }

/// In no context, so that a stop does not keep the file open.
void start_close(shared_file opened, completion<void> done) {
  loop& owner = done.owner();
  owner.run_in({}, [&] {
    if (!opened) return fail_closed("close", std::move(done));
    trireme::detail::blocking_pool::shared().run(std::move(done), kept_call(close_work, std::move(opened)));
  });
}

}  // namespace

file::file(loop& owner, std::shared_ptr<detail::open_file> opened) noexcept
    : owner_(&owner), opened_(std::move(opened)) {}

file::~file() {
  if (opened_) trireme::detail::blocking_pool::shared().destroy_elsewhere(std::move(opened_));
}

const std::string& file::path() const noexcept {
  static const std::string none;
  return opened_ ? opened_->path() : none;
}
int file::native_handle() const noexcept { return opened_ ? opened_->descriptor() : -1; }

loop& file::owner() const noexcept {
  TRIREME_ASSERT(owner_);  // a default-made file was never open
  return *owner_;
}

promise<std::string> file::read(std::size_t size) {
  return with_promise<std::string>(owner(), [&](completion<std::string> done) {
    start(opened_, "read", std::move(done), read_work, at_position, size);
  });
}
void file::read(std::size_t size, callback_of<std::string> done) {
  start(opened_, "read", completion<std::string>(owner(), std::move(done)), read_work, at_position, size);
}

promise<std::string> file::read_at(std::uint64_t offset, std::size_t size) {
  return with_promise<std::string>(owner(), [&](completion<std::string> done) {
    start(opened_, "read", std::move(done), read_work, system_offset(offset), size);
  });
}
void file::read_at(std::uint64_t offset, std::size_t size, callback_of<std::string> done) {
  start(opened_, "read", completion<std::string>(owner(), std::move(done)), read_work, system_offset(offset),
        size);
}

void file::read_once(std::optional<std::uint64_t> offset, std::size_t size, callback_of<std::string> done) {
  start(opened_, "read", completion<std::string>(owner(), std::move(done)), read_once_work,
        offset ? system_offset(*offset) : at_position, size);
}

promise<void> file::write(std::string bytes) {
  return with_promise<void>(owner(), [&](completion<void> done) {
    start(opened_, "write", std::move(done), write_work, at_position, std::move(bytes));
  });
}
void file::write(std::string bytes, callback_of<void> done) {
  start(opened_, "write", completion<void>(owner(), std::move(done)), write_work, at_position,
        std::move(bytes));
}

promise<void> file::write_at(std::uint64_t offset, std::string bytes) {
  return with_promise<void>(owner(), [&](completion<void> done) {
    start(opened_, "write", std::move(done), write_work, system_offset(offset), std::move(bytes));
  });
}
void file::write_at(std::uint64_t offset, std::string bytes, callback_of<void> done) {
  start(opened_, "write", completion<void>(owner(), std::move(done)), write_work, system_offset(offset),
        std::move(bytes));
}

promise<void> file::sync() {
  return with_promise<void>(
      owner(), [&](completion<void> done) { start(opened_, "fsync", std::move(done), sync_work); });
}
void file::sync(callback_of<void> done) {
  start(opened_, "fsync", completion<void>(owner(), std::move(done)), sync_work);
}

promise<void> file::truncate(std::uint64_t size) {
  return with_promise<void>(owner(), [&](completion<void> done) {
    start(opened_, "ftruncate", std::move(done), truncate_work, size);
  });
}
void file::truncate(std::uint64_t size, callback_of<void> done) {
  start(opened_, "ftruncate", completion<void>(owner(), std::move(done)), truncate_work, size);
}

promise<file_info> file::stat() {
  return with_promise<file_info>(
      owner(), [&](completion<file_info> done) { start(opened_, "fstat", std::move(done), stat_work); });
}
void file::stat(callback_of<file_info> done) {
  start(opened_, "fstat", completion<file_info>(owner(), std::move(done)), stat_work);
}

promise<void> file::close() {
  return with_promise<void>(owner(),
                            [&](completion<void> done) { start_close(std::move(opened_), std::move(done)); });
}
void file::close(callback_of<void> done) {
  start_close(std::move(opened_), completion<void>(owner(), std::move(done)));
}

promise<file> open(loop& owner, std::string path, open_mode mode, std::uint32_t permissions) {
  return promise_of<file>(owner, open_file::open, std::move(path), mode, permissions);
}
void open(loop& owner, std::string path, open_mode mode, std::uint32_t permissions, callback_of<file> done) {
  run_for<file>(owner, std::move(done), open_file::open, std::move(path), mode, permissions);
}

}  // namespace trireme::fs
