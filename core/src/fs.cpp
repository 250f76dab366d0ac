#include <trireme/core/fs.hpp>

#include "fs_calls.hpp"
#include "fs_run.hpp"

namespace trireme::fs {

namespace {

using listing = std::vector<directory_entry>;

/// The limit is met on a thread of the pool and counted on the loop, whose counters go with it.
void start_listing(loop& owner, std::string path, const listing_options& options, completion<listing> done) {
  auto counted = [&owner, done = std::move(done)](const error& failure, listing found) mutable {
    if (!failure) return done.resolve(std::move(found));
    if (failure == error(errc::full) && failure.operation() == "scandir") {
      owner.counters().get("fs.listing_full").add();
    }
    done.reject(failure);
  };
  run_for<listing>(owner, std::move(counted), calls::read_directory, std::move(path), options);
}

}  // namespace

promise<std::string> read_file(loop& owner, std::string path, read_options options) {
  return promise_of<std::string>(owner, calls::read_file, std::move(path), options);
}
void read_file(loop& owner, std::string path, read_options options, callback_of<std::string> done) {
  run_for<std::string>(owner, std::move(done), calls::read_file, std::move(path), options);
}

promise<void> write_file(loop& owner, std::string path, std::string bytes, write_options options) {
  return promise_of<void>(owner, calls::write_file, std::move(path), std::move(bytes), options);
}
void write_file(loop& owner, std::string path, std::string bytes, write_options options,
                callback_of<void> done) {
  run_for<void>(owner, std::move(done), calls::write_file, std::move(path), std::move(bytes), options);
}

promise<void> append_file(loop& owner, std::string path, std::string bytes, append_options options) {
  return promise_of<void>(owner, calls::append_file, std::move(path), std::move(bytes), options);
}
void append_file(loop& owner, std::string path, std::string bytes, append_options options,
                 callback_of<void> done) {
  run_for<void>(owner, std::move(done), calls::append_file, std::move(path), std::move(bytes), options);
}

promise<void> copy_file(loop& owner, std::string from, std::string to, copy_options options) {
  return promise_of<void>(owner, calls::copy_file, std::move(from), std::move(to), options);
}
void copy_file(loop& owner, std::string from, std::string to, copy_options options, callback_of<void> done) {
  run_for<void>(owner, std::move(done), calls::copy_file, std::move(from), std::move(to), options);
}

promise<file_info> stat(loop& owner, std::string path) {
  return promise_of<file_info>(owner, calls::stat, std::move(path));
}
void stat(loop& owner, std::string path, callback_of<file_info> done) {
  run_for<file_info>(owner, std::move(done), calls::stat, std::move(path));
}

promise<file_info> lstat(loop& owner, std::string path) {
  return promise_of<file_info>(owner, calls::lstat, std::move(path));
}
void lstat(loop& owner, std::string path, callback_of<file_info> done) {
  run_for<file_info>(owner, std::move(done), calls::lstat, std::move(path));
}

promise<bool> exists(loop& owner, std::string path) {
  return promise_of<bool>(owner, calls::exists, std::move(path));
}
void exists(loop& owner, std::string path, callback_of<bool> done) {
  run_for<bool>(owner, std::move(done), calls::exists, std::move(path));
}

promise<void> access(loop& owner, std::string path, access_options options) {
  return promise_of<void>(owner, calls::access, std::move(path), options);
}
void access(loop& owner, std::string path, access_options options, callback_of<void> done) {
  run_for<void>(owner, std::move(done), calls::access, std::move(path), options);
}

promise<std::string> real_path(loop& owner, std::string path) {
  return promise_of<std::string>(owner, calls::real_path, std::move(path));
}
void real_path(loop& owner, std::string path, callback_of<std::string> done) {
  run_for<std::string>(owner, std::move(done), calls::real_path, std::move(path));
}

promise<std::vector<directory_entry>> read_directory(loop& owner, std::string path, listing_options options) {
  return with_promise<listing>(owner, [&](completion<listing> done) {
    start_listing(owner, std::move(path), options, std::move(done));
  });
}
void read_directory(loop& owner, std::string path, listing_options options,
                    callback_of<std::vector<directory_entry>> done) {
  start_listing(owner, std::move(path), options, completion<listing>(owner, std::move(done)));
}

promise<void> make_directory(loop& owner, std::string path, directory_options options) {
  return promise_of<void>(owner, calls::make_directory, std::move(path), options);
}
void make_directory(loop& owner, std::string path, directory_options options, callback_of<void> done) {
  run_for<void>(owner, std::move(done), calls::make_directory, std::move(path), options);
}

promise<std::string> make_temporary_directory(loop& owner, std::string prefix) {
  return promise_of<std::string>(owner, calls::make_temporary_directory, std::move(prefix));
}
void make_temporary_directory(loop& owner, std::string prefix, callback_of<std::string> done) {
  run_for<std::string>(owner, std::move(done), calls::make_temporary_directory, std::move(prefix));
}

promise<void> remove(loop& owner, std::string path, remove_options options) {
  return promise_of<void>(owner, calls::remove, std::move(path), options);
}
void remove(loop& owner, std::string path, remove_options options, callback_of<void> done) {
  run_for<void>(owner, std::move(done), calls::remove, std::move(path), options);
}

promise<void> rename(loop& owner, std::string from, std::string to) {
  return promise_of<void>(owner, calls::rename, std::move(from), std::move(to));
}
void rename(loop& owner, std::string from, std::string to, callback_of<void> done) {
  run_for<void>(owner, std::move(done), calls::rename, std::move(from), std::move(to));
}

}  // namespace trireme::fs
