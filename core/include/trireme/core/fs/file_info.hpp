#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace trireme::fs {

/// What a name in a directory stands for.
enum class file_kind : std::uint8_t {
  unknown,  ///< a directory entry of a file system that does not tell; `lstat` does
  regular,
  directory,
  symbolic_link,
  socket,
  pipe,
  block_device,
  character_device,
};

/// What `stat` tells. Times are of the system's clock, to the nanosecond where the file system keeps them so;
/// those before 1677 and after 2262 come as the first and the last of what it can tell.
struct file_info {
  using time = std::chrono::system_clock::time_point;
  file_kind kind = file_kind::unknown;
  std::uint32_t permissions = 0;  ///< the lower twelve bits of the mode: 0644, say
  std::uint64_t size = 0;         ///< bytes
  std::uint64_t device = 0;       ///< with `inode` the identity of the file
  std::uint64_t inode = 0;
  std::uint64_t links = 0;
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  time accessed{};
  time modified{};
  time changed{};  ///< of the contents or of what stands here

  bool is_file() const noexcept { return kind == file_kind::regular; }
  bool is_directory() const noexcept { return kind == file_kind::directory; }
};

/// One name of a directory, without the directory.
struct directory_entry {
  directory_entry() = default;
  directory_entry(std::string given_name, file_kind given_kind)
      : name(std::move(given_name)), kind(given_kind) {}
  std::string name;
  file_kind kind = file_kind::unknown;
  friend bool operator==(const directory_entry&, const directory_entry&) = default;
};

}  // namespace trireme::fs
