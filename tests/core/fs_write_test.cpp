#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <trireme/core/fs.hpp>
#include <trireme/core/unique_function.hpp>
#include <vector>

#include "fs_fixture.hpp"

namespace trireme {
namespace {

using testing::system_code;

using FsWrite = testing::fs_fixture;

TEST_F(FsWrite, WritesAFileAtomicallyAndLeavesNothingBehind) {
  const std::string name = path("file");
  done(fs::write_file(loop, name, "first"));
  EXPECT_EQ(contents(name), "first");
  done(fs::write_file(loop, name, "second"));
  EXPECT_EQ(contents(name), "second");
  EXPECT_EQ(names(), std::vector<std::string>{"file"});
}

TEST_F(FsWrite, KeepsThePermissionsOfAFileThatItReplaces) {
  const std::string name = make("script", "old");
  ::chmod(name.c_str(), 0750);
  done(fs::write_file(loop, name, "new"));
  EXPECT_EQ(value(fs::stat(loop, name)).permissions, 0750u);
  fs::write_options options;
  options.permissions = 0600;
  done(fs::write_file(loop, path("private"), "x", options));
  EXPECT_EQ(value(fs::stat(loop, path("private"))).permissions, 0600u);
}

TEST_F(FsWrite, WritesThroughALink) {
  const std::string name = make("target", "old");
  ::symlink("target", path("link").c_str());
  done(fs::write_file(loop, path("link"), "new"));
  EXPECT_EQ(contents(name), "new");
  EXPECT_EQ(value(fs::lstat(loop, path("link"))).kind, fs::file_kind::symbolic_link);
  ::symlink("made", path("dangling").c_str());
  done(fs::write_file(loop, path("dangling"), "new"));
  EXPECT_EQ(contents(path("made")), "new");
}

TEST_F(FsWrite, DoesNotPutAFileInThePlaceOfADevice) {
  done(fs::write_file(loop, "/dev/null", "gone"));
  EXPECT_EQ(value(fs::stat(loop, "/dev/null")).kind, fs::file_kind::character_device);
}

TEST_F(FsWrite, TellsOfAFullDisk) {
  const error failure = failure_of(fs::write_file(loop, "/dev/full", "x"));
  EXPECT_EQ(failure.code(), system_code(ENOSPC));
  EXPECT_EQ(failure.operation(), "write");
  EXPECT_EQ(failure.path(), "/dev/full");
}

/// Files end at `size` bytes while it lives, as on a disk that is full.
class small_disk {
public:
  explicit small_disk(rlim_t size) : ignored_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limited = before_;
    limited.rlim_cur = size;
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~small_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, ignored_);
  }

private:
  void (*ignored_)(int);
  rlimit before_{};
};

TEST_F(FsWrite, LeavesTheOldContentsWhereAnAtomicWriteFails) {
  const std::string name = make("file", "old");
  {
    const small_disk full(4096);
    EXPECT_EQ(failure_of(fs::write_file(loop, name, std::string(10'000, 'n'))).code(), system_code(EFBIG));
  }
  EXPECT_EQ(contents(name), "old");
  EXPECT_EQ(names(), std::vector<std::string>{"file"});
  {
    const small_disk full(4096);
    fs::write_options in_place;
    in_place.atomic = false;
    EXPECT_EQ(failure_of(fs::write_file(loop, name, std::string(10'000, 'n'), in_place)).code(),
              system_code(EFBIG));
  }
  EXPECT_EQ(contents(name), std::string(4096, 'n'));  // what `atomic` is for
}

TEST_F(FsWrite, ShowsReadersTheOldContentsOrTheNew) {
  const std::string name = make("file", std::string(50'000, 'a'));
  fs::write_options options;
  options.durable = false;
  int mixed = 0;
  int read = 0;
  int written = 0;
  unique_function<void()> write = [&] {
    if (++written > 100) return;
    fs::write_file(loop, name, std::string(50'000, written % 2 ? 'b' : 'a'), options)
        .then([&] { write(); })
        .detach();
  };
  unique_function<void()> look = [&] {
    if (written > 100) return;
    fs::read_file(loop, name)
        .then([&](const std::string& text) {
          ++read;
          mixed += text != std::string(50'000, text[0]);
          look();
        })
        .detach();
  };
  write();
  look();
  look();
  loop.run();
  EXPECT_EQ(mixed, 0);
  EXPECT_GT(read, 0);
}

TEST_F(FsWrite, AppendsToAFile) {
  done(fs::append_file(loop, path("log"), "one\n"));
  done(fs::append_file(loop, path("log"), "two\n"));
  EXPECT_EQ(contents(path("log")), "one\ntwo\n");
}

TEST_F(FsWrite, CopiesAFile) {
  const std::string name = make("from", "text");
  make("to", "there");
  fs::copy_options keep;
  keep.overwrite = false;
  EXPECT_EQ(failure_of(fs::copy_file(loop, name, path("to"), keep)).code(), system_code(EEXIST));
  EXPECT_EQ(contents(path("to")), "there");
  done(fs::copy_file(loop, name, path("to")));
  EXPECT_EQ(contents(path("to")), "text");
}

}  // namespace
}  // namespace trireme
