#pragma once
#include <string>
#include <trireme/core/error.hpp>
#include <trireme/core/fs/file_info.hpp>
#include <trireme/core/fs/options.hpp>
#include <vector>

/// The operations of `trireme::fs` on the caller's own thread: for start-up, for workers and for programs
/// without a loop. On the thread of a loop that is running each holds up every client of that loop. That is
/// counted there as "loop.blocking_calls", and debug builds log the name of the function; it does not stop
/// the program, for it is right in a test, at the end of a program, and for what was read before and lies in
/// memory.
///
/// Thread: any. Errors: throw `error`, with operation and path as the operations of the loop report them.
namespace trireme::fs::blocking {

/// As the operations of these names in fs.hpp.
std::string read_file(const std::string& path, const read_options& options = read_options());
void write_file(const std::string& path, const std::string& bytes,
                const write_options& options = write_options());
void append_file(const std::string& path, const std::string& bytes,
                 const append_options& options = append_options());
void copy_file(const std::string& from, const std::string& to, const copy_options& options = copy_options());
file_info stat(const std::string& path);
file_info lstat(const std::string& path);
bool exists(const std::string& path);
void access(const std::string& path, const access_options& options = access_options());
std::string real_path(const std::string& path);
std::vector<directory_entry> read_directory(const std::string& path,
                                            const listing_options& options = listing_options());
void make_directory(const std::string& path, const directory_options& options = directory_options());
std::string make_temporary_directory(const std::string& prefix);
void remove(const std::string& path, const remove_options& options = remove_options());
void rename(const std::string& from, const std::string& to);

}  // namespace trireme::fs::blocking
