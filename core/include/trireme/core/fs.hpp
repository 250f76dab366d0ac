#pragma once
#include <string>
#include <trireme/core/completion.hpp>
#include <trireme/core/fs/blocking.hpp>
#include <trireme/core/fs/file.hpp>
#include <trireme/core/fs/file_info.hpp>
#include <trireme/core/fs/options.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <utility>
#include <vector>

/// Files, off the loop: each operation runs on one of four threads that are there for what blocks, apart from
/// `actors::pool`, and its outcome comes as a callback of the loop in the poll phase. The environment
/// variable TRIREME_BLOCKING_THREADS says how many threads.
///
/// Thread: the loop's; an operation under way keeps the loop alive. Lifetime: the loop outlives the promises;
/// it may end with operations under way. A stop of the context current at the call answers at once with its
/// reason; an operation that had not begun is then not done, a read that had ends early, an atomic write that
/// had may leave the old contents, and what else had begun is finished unseen. Errors: the system's as
/// `std::generic_category` with the operation, named as Node names it, and the path; `EINVAL` for a path with
/// a zero byte; `errc::full` where 10,000 operations wait, counted as "blocking_pool.full". Order: operations
/// start in the order given and end in any. Source: https://nodejs.org/api/fs.html
namespace trireme::fs {

/// The contents of a file.
///
/// Errors: the system's: `ENOENT` with the operation "open" where it is not there, `EISDIR` with "read" for a
/// directory; `EFBIG` beyond the limit.
promise<std::string> read_file(loop& owner, std::string path, read_options options = {});
void read_file(loop& owner, std::string path, read_options options, callback_of<std::string> done);
inline void read_file(loop& owner, std::string path, callback_of<std::string> done) {
  read_file(owner, std::move(path), read_options(), std::move(done));
}

/// Makes a file of `bytes`, or gives one that is there new contents; atomically, and to the disk, unless the
/// options say otherwise. Links are followed: what they lead to is written. What is no regular file,
/// /dev/null say, is written as it is. The atomic way makes a new file: other hard links keep the old
/// contents; owner and group are kept where the process may give files away, and where not, set-user-id and
/// set-group-id go. While it is written only this user may read it, where it replaces one.
///
/// Errors: the system's; the old contents are then still there where `atomic` holds. But for one: an "fsync"
/// that names the directory comes after the new contents took the name, which a crash of the machine may
/// undo.
promise<void> write_file(loop& owner, std::string path, std::string bytes, write_options options = {});
void write_file(loop& owner, std::string path, std::string bytes, write_options options,
                callback_of<void> done);
inline void write_file(loop& owner, std::string path, std::string bytes, callback_of<void> done) {
  write_file(owner, std::move(path), std::move(bytes), write_options(), std::move(done));
}

/// Adds `bytes` to the end of a file, which is made where it is not there.
promise<void> append_file(loop& owner, std::string path, std::string bytes, append_options options = {});
void append_file(loop& owner, std::string path, std::string bytes, append_options options,
                 callback_of<void> done);
inline void append_file(loop& owner, std::string path, std::string bytes, callback_of<void> done) {
  append_file(owner, std::move(path), std::move(bytes), append_options(), std::move(done));
}

/// Copies contents and permissions of a regular file.
///
/// Errors: `EEXIST` where `to` is there and may not be overwritten. `path` in the error names both.
promise<void> copy_file(loop& owner, std::string from, std::string to, copy_options options = {});
void copy_file(loop& owner, std::string from, std::string to, copy_options options, callback_of<void> done);
inline void copy_file(loop& owner, std::string from, std::string to, callback_of<void> done) {
  copy_file(owner, std::move(from), std::move(to), copy_options(), std::move(done));
}

/// What the system knows of a file; of a link, of what it leads to.
promise<file_info> stat(loop& owner, std::string path);
void stat(loop& owner, std::string path, callback_of<file_info> done);

/// As `stat`, of a link itself.
promise<file_info> lstat(loop& owner, std::string path);
void lstat(loop& owner, std::string path, callback_of<file_info> done);

/// Whether the path leads to something. What is not known, for want of rights say, is an error. What it tells
/// may be past: to use a file, open it and see.
promise<bool> exists(loop& owner, std::string path);
void exists(loop& owner, std::string path, callback_of<bool> done);

/// Settles where the process may do with the file what the options ask for, and fails with the operation
/// "access" where not.
promise<void> access(loop& owner, std::string path, access_options options = {});
void access(loop& owner, std::string path, access_options options, callback_of<void> done);
inline void access(loop& owner, std::string path, callback_of<void> done) {
  access(owner, std::move(path), access_options(), std::move(done));
}

/// The absolute path without links, "." and "..".
promise<std::string> real_path(loop& owner, std::string path);
void real_path(loop& owner, std::string path, callback_of<std::string> done);

/// The names in a directory, sorted by their bytes as Node does, without "." and "..".
///
/// Errors: the system's, with Node's operation "scandir"; beyond the limit `errc::full`, counted as
/// "fs.listing_full".
promise<std::vector<directory_entry>> read_directory(loop& owner, std::string path,
                                                     listing_options options = {});
void read_directory(loop& owner, std::string path, listing_options options,
                    callback_of<std::vector<directory_entry>> done);
inline void read_directory(loop& owner, std::string path, callback_of<std::vector<directory_entry>> done) {
  read_directory(owner, std::move(path), listing_options(), std::move(done));
}

/// Makes a directory.
///
/// Errors: the system's, with the operation "mkdir"; `EEXIST` where it is there, unless `recursive`.
promise<void> make_directory(loop& owner, std::string path, directory_options options = {});
void make_directory(loop& owner, std::string path, directory_options options, callback_of<void> done);
inline void make_directory(loop& owner, std::string path, callback_of<void> done) {
  make_directory(owner, std::move(path), directory_options(), std::move(done));
}

/// Makes a directory that only this user may enter, named `prefix` and six more characters; gives its path.
/// The caller removes it.
promise<std::string> make_temporary_directory(loop& owner, std::string prefix);
void make_temporary_directory(loop& owner, std::string prefix, callback_of<std::string> done);

/// Removes a file, a link, or a directory.
///
/// Errors: the system's, with the operation "rm"; `ENOTEMPTY` for a directory that is not, unless
/// `recursive`; `ENOTDIR` for what is none and named with a slash at the end, a link to a directory too.
promise<void> remove(loop& owner, std::string path, remove_options options = {});
void remove(loop& owner, std::string path, remove_options options, callback_of<void> done);
inline void remove(loop& owner, std::string path, callback_of<void> done) {
  remove(owner, std::move(path), remove_options(), std::move(done));
}

/// Gives a file or a directory another name on the same file system, in place of a file that has it.
///
/// Errors: the system's; `path` in the error names both.
promise<void> rename(loop& owner, std::string from, std::string to);
void rename(loop& owner, std::string from, std::string to, callback_of<void> done);

}  // namespace trireme::fs
