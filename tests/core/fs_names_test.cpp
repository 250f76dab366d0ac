#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <trireme/core/fs.hpp>
#include <vector>

#include "fs_fixture.hpp"

namespace trireme {
namespace {

using testing::system_code;
using namespace std::chrono_literals;

using FsNames = testing::fs_fixture;

TEST_F(FsNames, TellsWhatTheSystemKnowsOfAFile) {
  const std::string name = make("file", "12345");
  ::symlink(name.c_str(), path("link").c_str());
  const fs::file_info info = value(fs::stat(loop, path("link")));
  EXPECT_TRUE(info.is_file());
  EXPECT_EQ(info.size, 5u);
  EXPECT_EQ(info.links, 1u);
  EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - info.modified), 1min);
  EXPECT_EQ(value(fs::lstat(loop, path("link"))).kind, fs::file_kind::symbolic_link);
  EXPECT_TRUE(value(fs::stat(loop, directory)).is_directory());
}

TEST_F(FsNames, TellsWhetherAFileIsThere) {
  const std::string name = make("file", "");
  EXPECT_TRUE(value(fs::exists(loop, name)));
  EXPECT_FALSE(value(fs::exists(loop, path("nowhere"))));
  EXPECT_FALSE(value(fs::exists(loop, name + "/below")));
  fs::access_options run;
  run.execute = true;
  done(fs::access(loop, name));
  EXPECT_EQ(failure_of(fs::access(loop, name, run)).code(), system_code(EACCES));
}

TEST_F(FsNames, ListsADirectorySorted) {
  make("b", "");
  std::filesystem::create_directory(path("a"));
  ::symlink("b", path("c").c_str());
  EXPECT_EQ(value(fs::read_directory(loop, directory)),
            (std::vector<fs::directory_entry>{{"a", fs::file_kind::directory},
                                              {"b", fs::file_kind::regular},
                                              {"c", fs::file_kind::symbolic_link}}));
  fs::listing_options options;
  options.limit = 2;
  EXPECT_EQ(failure_of(fs::read_directory(loop, directory, options)), error(errc::full));
  EXPECT_EQ(loop.counters().get("fs.listing_full").value(), 1);
}

TEST_F(FsNames, MakesDirectoriesWithThoseAbove) {
  EXPECT_EQ(failure_of(fs::make_directory(loop, path("a/b/c"))).code(), system_code(ENOENT));
  fs::directory_options options;
  options.recursive = true;
  done(fs::make_directory(loop, path("a/b/c"), options));
  done(fs::make_directory(loop, path("a/b//c/"), options));
  EXPECT_TRUE(value(fs::stat(loop, path("a/b/c"))).is_directory());
  EXPECT_EQ(failure_of(fs::make_directory(loop, path("a"))).code(), system_code(EEXIST));
  make("file", "");
  EXPECT_EQ(failure_of(fs::make_directory(loop, path("file"), options)).code(), system_code(EEXIST));
  EXPECT_EQ(failure_of(fs::make_directory(loop, path("file/below"), options)).code(), system_code(ENOTDIR));
}

TEST_F(FsNames, RemovesFilesLinksAndWholeDirectories) {
  std::filesystem::create_directories(path("a/b"));
  make("a/b/file", "");
  make("kept", "");
  ::symlink(directory.c_str(), path("a/link").c_str());
  EXPECT_EQ(failure_of(fs::remove(loop, path("a"))).code(), system_code(ENOTEMPTY));
  fs::remove_options options;
  options.recursive = true;
  done(fs::remove(loop, path("a"), options));
  EXPECT_EQ(names(), std::vector<std::string>{"kept"});  // the link was not followed
  EXPECT_EQ(failure_of(fs::remove(loop, path("a"), options)).code(), system_code(ENOENT));
  options.missing_is_fine = true;
  done(fs::remove(loop, path("a"), options));
  done(fs::remove(loop, path("kept")));
}

TEST_F(FsNames, RenamesAndResolvesPaths) {
  make("old", "x");
  done(fs::rename(loop, path("old"), path("new")));
  EXPECT_EQ(names(), std::vector<std::string>{"new"});
  ::symlink("new", path("link").c_str());
  EXPECT_EQ(value(fs::real_path(loop, path("./link"))), std::filesystem::canonical(path("new")).string());
  const std::string made = value(fs::make_temporary_directory(loop, path("t-")));
  EXPECT_EQ(made.substr(0, made.size() - 6), path("t-"));
  EXPECT_EQ(value(fs::stat(loop, made)).permissions, 0700u);
}

TEST_F(FsNames, RemovesNothingBehindALinkThatIsNamedWithASlash) {
  std::filesystem::create_directory(path("target"));
  make("target/kept", "x");
  make("file", "x");
  ::symlink("target", path("link").c_str());
  fs::remove_options options;
  for (const bool recursive : {true, false}) {
    options.recursive = recursive;
    for (const char* const name : {"link/", "link//", "file/"}) {
      const error failure = failure_of(fs::remove(loop, path(name), options));
      EXPECT_EQ(failure.code(), system_code(ENOTDIR)) << name;
      EXPECT_EQ(failure.operation(), "rm");
      EXPECT_EQ(failure.path(), path(name));
    }
  }
  EXPECT_EQ(contents(path("target/kept")), "x");
  options.recursive = true;
  done(fs::remove(loop, path("target//"), options));
  EXPECT_EQ(names(), (std::vector<std::string>{"file", "link"}));
}

TEST_F(FsNames, TellsTheLastTimeItCanOfAFileFromTheFarFuture) {
  constexpr ::time_t year_2400 = 13'569'465'600;
  const std::string name = make("file", "");
  const ::timespec times[] = {{year_2400, 0}, {year_2400, 0}};
  ::utimensat(AT_FDCWD, name.c_str(), times, 0);
  struct ::stat kept;
  ::stat(name.c_str(), &kept);
  if (kept.st_mtim.tv_sec != year_2400) GTEST_SKIP() << "the file system does not keep such times";
  const auto told = value(fs::stat(loop, name)).modified.time_since_epoch();
  EXPECT_EQ(std::chrono::duration_cast<std::chrono::seconds>(told).count(), 9'223'372'035);
}

TEST_F(FsNames, MayBeListingWhenTheLoopEnds) {
  bool called = false;
  for (int round = 0; round < 20; ++round) {
    testing::test_loop ends;
    fs::read_directory(ends, directory,
                       [&](const error&, std::vector<fs::directory_entry>) { called = true; });
    fs::read_directory(ends, directory).then([&](const auto&) { called = true; }).detach();
  }
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace trireme
