#include <trireme/core/fs/blocking.hpp>

#include <trireme/core/detail/this_loop.hpp>
#include <trireme/core/log.hpp>
#include <trireme/core/loop.hpp>

#include "fs_calls.hpp"

namespace trireme::fs::blocking {

namespace {

void note_call([[maybe_unused]] const char* function) {
  loop* const here = trireme::detail::current_loop();
  if (!here || !here->running()) return;
  here->counters().get("loop.blocking_calls").add();
#ifndef NDEBUG
  log(log_level::warning, std::string("fs::blocking::") + function + " holds up a loop that is running");
#endif
}

template <class Call>
auto checked(const char* function, Call call) {
  note_call(function);
  return call().value();
}

}  // namespace

std::string read_file(const std::string& path, const read_options& options) {
  return checked("read_file", [&] { return calls::read_file(path, options); });
}
void write_file(const std::string& path, const std::string& bytes, const write_options& options) {
  return checked("write_file", [&] { return calls::write_file(path, bytes, options); });
}
void append_file(const std::string& path, const std::string& bytes, const append_options& options) {
  return checked("append_file", [&] { return calls::append_file(path, bytes, options); });
}
void copy_file(const std::string& from, const std::string& to, const copy_options& options) {
  return checked("copy_file", [&] { return calls::copy_file(from, to, options); });
}
file_info stat(const std::string& path) {
  return checked("stat", [&] { return calls::stat(path); });
}
file_info lstat(const std::string& path) {
  return checked("lstat", [&] { return calls::lstat(path); });
}
bool exists(const std::string& path) {
  return checked("exists", [&] { return calls::exists(path); });
}
void access(const std::string& path, const access_options& options) {
  return checked("access", [&] { return calls::access(path, options); });
}
std::string real_path(const std::string& path) {
  return checked("real_path", [&] { return calls::real_path(path); });
}
std::vector<directory_entry> read_directory(const std::string& path, const listing_options& options) {
  return checked("read_directory", [&] { return calls::read_directory(path, options); });
}
void make_directory(const std::string& path, const directory_options& options) {
  return checked("make_directory", [&] { return calls::make_directory(path, options); });
}
std::string make_temporary_directory(const std::string& prefix) {
  return checked("make_temporary_directory", [&] { return calls::make_temporary_directory(prefix); });
}
void remove(const std::string& path, const remove_options& options) {
  return checked("remove", [&] { return calls::remove(path, options); });
}
void rename(const std::string& from, const std::string& to) {
  return checked("rename", [&] { return calls::rename(from, to); });
}

}  // namespace trireme::fs::blocking
