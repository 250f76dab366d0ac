// What the atomic way to write asks of the system: seen by standing in front of the C library.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <trireme/core/fs/blocking.hpp>
#include <vector>

#include "fs_fixture.hpp"

namespace {

struct observed {
  std::vector<mode_t> modes_while_written;
  std::vector<ino_t> directories_synced;
  bool directories_fail = false;
  bool owner_stays = false;
};
observed system_seen;

struct stat status_of(int fd) {
  struct stat status {};
  ::fstat(fd, &status);
  return status;
}

}  // namespace

extern "C" {

int fsync(int fd) {
  const struct stat status = status_of(fd);
  if (S_ISDIR(status.st_mode)) {
    system_seen.directories_synced.push_back(status.st_ino);
    if (system_seen.directories_fail) {
      errno = EIO;
      return -1;
    }
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
int fchmod(int fd, mode_t mode) noexcept {
  system_seen.modes_while_written.push_back(status_of(fd).st_mode & 07777);
  return static_cast<int>(::syscall(SYS_fchmod, fd, mode));
}
int fchown(int fd, uid_t user, gid_t group) noexcept {
  if (system_seen.owner_stays && user != static_cast<uid_t>(-1)) {
    errno = EPERM;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fchown, fd, user, group));
}

}  // extern "C"

namespace trireme {
namespace {

using testing::system_code;

class FsReplace : public testing::fs_fixture {
protected:
  FsReplace() { system_seen = {}; }
  static struct ::stat status(const std::string& name) {
    struct ::stat found {};
    ::stat(name.c_str(), &found);
    return found;
  }
  ino_t inode() const { return status(directory).st_ino; }
};

TEST_F(FsReplace, ShowsNobodyElseTheNewContentsWhileItWritesThem) {
  const std::string name = make("secret", "old");
  ::chmod(name.c_str(), 0600);
  fs::blocking::write_file(name, "new");
  EXPECT_EQ(system_seen.modes_while_written, std::vector<mode_t>{0600});
  EXPECT_EQ(status(name).st_mode & 07777, 0600u);
}

TEST_F(FsReplace, KeepsTheGroupWhereTheDirectoryGivesItsOwn) {
  if (::geteuid() != 0) GTEST_SKIP() << "only the superuser may give files to any group";
  const std::string name = make("file", "old");
  ::chown(name.c_str(), 0, 0);
  ::chmod(name.c_str(), 0640);
  ::chown(directory.c_str(), 0, 1234);
  ::chmod(directory.c_str(), 02755);
  fs::blocking::write_file(name, "new");
  EXPECT_EQ(status(name).st_gid, 0u);
  EXPECT_EQ(status(name).st_mode & 07777, 0640u);
}

TEST_F(FsReplace, LetsNobodyRunItAsItsOwnerWhereTheOwnerIsNotKept) {
  const std::string name = make("tool", "old");
  ::chmod(name.c_str(), 07755);
  system_seen.owner_stays = true;
  fs::blocking::write_file(name, "new");
  EXPECT_EQ(status(name).st_mode & 07777, 01755u);
  ::chmod(name.c_str(), 06755);
  system_seen.owner_stays = false;
  fs::blocking::write_file(name, "newer");
  EXPECT_EQ(status(name).st_mode & 07777, 06755u);
}

TEST_F(FsReplace, NamesTheDirectoryWhereItsSyncFailsAfterTheExchange) {
  const std::string name = make("file", "old");
  system_seen.directories_fail = true;
  try {
    fs::blocking::write_file(name, "new");
    ADD_FAILURE() << "did not throw";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code(), system_code(EIO));
    EXPECT_EQ(failure.operation(), "fsync");
    EXPECT_EQ(failure.path(), directory + "/");
  }
  EXPECT_EQ(contents(name), "new");
  EXPECT_EQ(names(), std::vector<std::string>{"file"});
}

TEST_F(FsReplace, BringsTheNameOfAFileThatItMakesToTheDisk) {
  fs::append_options durable;
  durable.durable = true;
  fs::blocking::append_file(path("log"), "one");
  EXPECT_TRUE(system_seen.directories_synced.empty());
  fs::blocking::append_file(path("new log"), "one", durable);
  EXPECT_EQ(system_seen.directories_synced, std::vector<ino_t>{inode()});
  fs::blocking::append_file(path("new log"), "two", durable);
  EXPECT_EQ(system_seen.directories_synced.size(), 1u);  // it had its name
  fs::write_options in_place;
  in_place.atomic = false;
  fs::blocking::write_file(path("written"), "x", in_place);
  EXPECT_EQ(system_seen.directories_synced, (std::vector<ino_t>{inode(), inode()}));
}

TEST_F(FsReplace, BringsTheNameBehindALinkToTheDisk) {
  std::filesystem::create_directory(path("below"));
  ::symlink("below/made", path("dangling").c_str());
  fs::append_options durable;
  durable.durable = true;
  fs::blocking::append_file(path("dangling"), "x", durable);
  EXPECT_EQ(system_seen.directories_synced, std::vector<ino_t>{status(path("below")).st_ino});
}

}  // namespace
}  // namespace trireme
