#pragma once
#include <cstddef>
#include <cstdint>

namespace trireme::fs {

/// How `read_file` reads.
struct read_options {
  read_options() {}
  /// A file with more bytes is `EFBIG`; the default is Node's, 2 GiB.
  std::size_t limit = std::size_t{2} << 30;
};

/// How `write_file` writes.
struct write_options {
  write_options() {}
  /// The contents go to a new file in the same directory, which then takes the name: whoever reads sees the
  /// old contents or the new, and a failure leaves the old. Otherwise the file is emptied and written.
  bool atomic = true;
  /// The contents, and the name, are on the disk before the operation ends; without, a crash of the machine
  /// may lose them, and with `atomic` may leave an empty file on some file systems.
  bool durable = true;
  /// For a file that is not there yet, less the process's umask. One that is keeps its own.
  std::uint32_t permissions = 0666;
};

/// How `append_file` writes.
struct append_options {
  append_options() {}
  /// The contents, and the name of a file that is made, are on the disk before the operation ends.
  bool durable = false;
  /// For a file that is not there yet, less the process's umask.
  std::uint32_t permissions = 0666;
};

/// How `copy_file` copies.
struct copy_options {
  copy_options() {}
  /// Otherwise a target that is there is `EEXIST`.
  bool overwrite = true;
};

/// What `access` asks for; nothing asks whether the file is there.
struct access_options {
  access_options() {}
  bool read = false;
  bool write = false;
  bool execute = false;  ///< of a directory: to go through it
};

/// How `make_directory` works.
struct directory_options {
  directory_options() {}
  /// Makes the directories above too, and is content with one that is there.
  bool recursive = false;
  /// Less the process's umask.
  std::uint32_t permissions = 0777;
};

/// How `read_directory` reads.
struct listing_options {
  listing_options() {}
  /// A directory with more entries is `errc::full`, counted as "fs.listing_full" where a loop asked.
  std::size_t limit = 1'000'000;
};

/// How `remove` removes.
struct remove_options {
  remove_options() {}
  /// A directory with all that is in it; otherwise a directory must be empty. Links are not followed.
  bool recursive = false;
  /// Content with a name that is not there.
  bool missing_is_fine = false;
};

/// How `open` opens; in brackets Node's flag.
enum class open_mode : std::uint8_t {
  read,            ///< must be there ("r")
  read_write,      ///< must be there ("r+")
  write,           ///< emptied or made ("w")
  write_new,       ///< must not be there ("wx")
  write_read,      ///< emptied or made ("w+")
  write_read_new,  ///< must not be there ("wx+")
  append,          ///< each write goes to the end ("a")
  append_new,      ///< must not be there ("ax")
  append_read,     ///< ("a+")
};

}  // namespace trireme::fs
