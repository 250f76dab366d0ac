#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "fs_calls.hpp"
#include "fs_system.hpp"

// Names in directories: where the standard library does the work, its code comes with Node's name for the
// call.
namespace trireme::fs::calls {

namespace {

std::string both(const std::string& from, const std::string& to) { return from + " -> " + to; }

file_kind kind_of(std::filesystem::file_type type) noexcept {
  using std::filesystem::file_type;
  switch (type) {
    case file_type::regular:
      return file_kind::regular;
    case file_type::directory:
      return file_kind::directory;
    case file_type::symlink:
      return file_kind::symbolic_link;
    case file_type::socket:
      return file_kind::socket;
    case file_type::fifo:
      return file_kind::pipe;
    case file_type::block:
      return file_kind::block_device;
    case file_type::character:
      return file_kind::character_device;
    default:
      return file_kind::unknown;
  }
}

result<void> make_one_directory(const std::string& path, const directory_options& options) {
  if (::mkdir(path.c_str(), options.permissions) == 0) return {};
  return failed("mkdir", path);
}

/// Without the slashes at its end, which would lead through a link.
std::string without_slashes(const std::string& path) {
  const std::size_t last = path.find_last_not_of('/');
  return last == std::string::npos ? path : path.substr(0, last + 1);
}

/// Content where another made it in between.
result<void> make_or_find_directory(const std::string& path, const directory_options& options) {
  if (::mkdir(path.c_str(), options.permissions) == 0) return {};
  const int number = errno;
  struct ::stat status;
  if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
  return error::from_errno(number, "mkdir", path);
}

}  // namespace

result<file_info> stat(const std::string& path) {
  if (auto sound = check_path(path, "stat"); !sound) return sound.error();
  struct ::stat status;
  if (::stat(path.c_str(), &status) < 0) return failed("stat", path);
  return info_of(status);
}

result<file_info> lstat(const std::string& path) {
  if (auto sound = check_path(path, "lstat"); !sound) return sound.error();
  struct ::stat status;
  if (::lstat(path.c_str(), &status) < 0) return failed("lstat", path);
  return info_of(status);
}

result<void> access(const std::string& path, const access_options& options) {
  if (auto sound = check_path(path, "access"); !sound) return sound;
  const int wanted = (options.read ? R_OK : 0) | (options.write ? W_OK : 0) | (options.execute ? X_OK : 0);
  if (::access(path.c_str(), wanted ? wanted : F_OK) < 0) return failed("access", path);
  return {};
}

result<bool> exists(const std::string& path) {
  const auto found = access(path, access_options());
  if (found) return true;
  const int number = found.error().code().value();
  if (number == ENOENT || number == ENOTDIR) return false;
  return found.error();
}

result<std::string> real_path(const std::string& path) {
  if (auto sound = check_path(path, "realpath"); !sound) return sound.error();
  char* const resolved = ::realpath(path.c_str(), nullptr);
  if (!resolved) return failed("realpath", path);
  std::string copied(resolved);
  std::free(resolved);
  return copied;
}

result<std::vector<directory_entry>> read_directory(const std::string& path, const listing_options& options) {
  if (auto sound = check_path(path, "scandir"); !sound) return sound.error();
  std::error_code code;
  std::vector<directory_entry> entries;
  std::filesystem::directory_iterator next(path, code);
  for (; !code && next != std::filesystem::directory_iterator(); next.increment(code)) {
    if (entries.size() == options.limit) return error(make_error_code(errc::full), "scandir", path);
    std::error_code untold;
    entries.emplace_back(next->path().filename().string(), kind_of(next->symlink_status(untold).type()));
  }
  if (code) return error(code, "scandir", path);
  std::ranges::sort(entries, {}, &directory_entry::name);
  return entries;
}

result<void> make_directory(const std::string& path, const directory_options& options) {
  if (auto sound = check_path(path, "mkdir"); !sound) return sound;
  if (!options.recursive) return make_one_directory(path, options);
  if (path.empty()) return error::from_errno(ENOENT, "mkdir", path);
  for (std::size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    const auto made = make_or_find_directory(path.substr(0, end), options);
    if (made) continue;
    // A file above is in the way; one that has the name itself is EEXIST.
    const int number = made.error().code().value();
    return error::from_errno(number == EEXIST ? ENOTDIR : number, "mkdir", path);
  }
  return make_or_find_directory(path, options);
}

result<std::string> make_temporary_directory(const std::string& prefix) {
  if (auto sound = check_path(prefix, "mkdtemp"); !sound) return sound.error();
  std::string path = prefix + "XXXXXX";
  if (!::mkdtemp(path.data())) return failed("mkdtemp", path);
  return path;
}

result<void> remove(const std::string& path, const remove_options& options) {
  if (auto sound = check_path(path, "rm"); !sound) return sound;
  const std::string name = without_slashes(path);
  struct ::stat status;
  if (name != path && ::lstat(name.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) {
    return error::from_errno(ENOTDIR, "rm", path);
  }
  std::error_code code;
  bool was_there = false;
  if (options.recursive) {
    was_there = std::filesystem::remove_all(name, code) > 0;
  } else {
    was_there = std::filesystem::remove(name, code);
  }
  if (code) return error(code, "rm", path);
  if (!was_there && !options.missing_is_fine) return error::from_errno(ENOENT, "rm", path);
  return {};
}

result<void> rename(const std::string& from, const std::string& to) {
  for (const std::string* const each : {&from, &to}) {
    if (auto sound = check_path(*each, "rename"); !sound) return sound;
  }
  if (::rename(from.c_str(), to.c_str()) < 0) return failed("rename", both(from, to));
  return {};
}

result<void> copy_file(const std::string& from, const std::string& to, const copy_options& options) {
  for (const std::string* const each : {&from, &to}) {
    if (auto sound = check_path(*each, "copyfile"); !sound) return sound;
  }
  using std::filesystem::copy_options;
  std::error_code code;
  const bool overwrite = options.overwrite;
  std::filesystem::copy_file(from, to, overwrite ? copy_options::overwrite_existing : copy_options::none,
                             code);
  if (code) return error(code, "copyfile", both(from, to));
  return {};
}

}  // namespace trireme::fs::calls
