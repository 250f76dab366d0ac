#pragma once
#include <string>
#include <trireme/core/fs/file_info.hpp>
#include <trireme/core/fs/options.hpp>
#include <trireme/core/result.hpp>
#include <vector>

/// The work itself, for any thread: what the operations of the loop do on a thread of the blocking pool and
/// what the blocking twins do on the caller's.
namespace trireme::fs::calls {

result<std::string> read_file(const std::string& path, const read_options& options);
result<void> write_file(const std::string& path, const std::string& bytes, const write_options& options);
result<void> append_file(const std::string& path, const std::string& bytes, const append_options& options);
result<void> copy_file(const std::string& from, const std::string& to, const copy_options& options);

result<file_info> stat(const std::string& path);
result<file_info> lstat(const std::string& path);
result<bool> exists(const std::string& path);
result<void> access(const std::string& path, const access_options& options);
result<std::string> real_path(const std::string& path);

result<std::vector<directory_entry>> read_directory(const std::string& path, const listing_options& options);
result<void> make_directory(const std::string& path, const directory_options& options);
result<std::string> make_temporary_directory(const std::string& prefix);
result<void> remove(const std::string& path, const remove_options& options);
result<void> rename(const std::string& from, const std::string& to);

}  // namespace trireme::fs::calls
