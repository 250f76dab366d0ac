#include <trireme/core/fs.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <trireme/core/all.hpp>
#include <trireme/core/detail/blocking_pool.hpp>
#include <trireme/core/log.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

namespace trireme {
namespace {

using testing::order;
using testing::test_loop;
using namespace std::chrono_literals;

class Fs : public ::testing::Test {
protected:
  ~Fs() override { std::filesystem::remove_all(directory); }

  std::string path(const std::string& name) const { return directory + "/" + name; }
  std::string make(const std::string& name, const std::string& contents) const {
    std::ofstream(path(name), std::ios::binary) << contents;
    return path(name);
  }
  static std::string contents(const std::string& name) {
    std::ostringstream all;
    all << std::ifstream(name, std::ios::binary).rdbuf();
    return all.str();
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& each : std::filesystem::directory_iterator(directory)) {
      found.push_back(each.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  template <class T>
  T value(promise<T> answer) {
    result<T> got = error(errc::broken_promise);
    std::move(answer)
        .then([&](T arrived) { got = std::move(arrived); }, [&](const error& failure) { got = failure; })
        .detach();
    loop.run();
    return std::move(got).value();
  }
  void done(promise<void> answer) {
    const error failure = failure_of(std::move(answer));
    EXPECT_FALSE(failure) << failure.message();
  }
  template <class T>
  error failure_of(promise<T> answer) {
    error got;
    if constexpr (std::is_void_v<T>) {
      std::move(answer).then([] {}, [&](const error& failure) { got = failure; }).detach();
    } else {
      std::move(answer).then([](const T&) {}, [&](const error& failure) { got = failure; }).detach();
    }
    loop.run();
    return got;
  }

  const std::string directory = fs::blocking::make_temporary_directory("/tmp/trireme-fs-");
  test_loop loop;
};

/// Each operation as a promise, which is also what is awaited, and with an error-first callback.
template <class T, class... Arguments>
constexpr bool offers(promise<T> (*)(loop&, Arguments...), void (*)(loop&, Arguments..., callback_of<T>)) {
  return true;
}
using text = std::string;
static_assert(offers<text, text, fs::read_options>(&fs::read_file, &fs::read_file));
static_assert(offers<void, text, text, fs::write_options>(&fs::write_file, &fs::write_file));
static_assert(offers<void, text, text, fs::append_options>(&fs::append_file, &fs::append_file));
static_assert(offers<void, text, text, fs::copy_options>(&fs::copy_file, &fs::copy_file));
static_assert(offers<fs::file_info, text>(&fs::stat, &fs::stat));
static_assert(offers<fs::file_info, text>(&fs::lstat, &fs::lstat));
static_assert(offers<bool, text>(&fs::exists, &fs::exists));
static_assert(offers<void, text, fs::access_options>(&fs::access, &fs::access));
static_assert(offers<text, text>(&fs::real_path, &fs::real_path));
static_assert(offers<std::vector<fs::directory_entry>, text, fs::listing_options>(&fs::read_directory,
                                                                                  &fs::read_directory));
static_assert(offers<void, text, fs::directory_options>(&fs::make_directory, &fs::make_directory));
static_assert(offers<text, text>(&fs::make_temporary_directory, &fs::make_temporary_directory));
static_assert(offers<void, text, fs::remove_options>(&fs::remove, &fs::remove));
static_assert(offers<void, text, text>(&fs::rename, &fs::rename));
static_assert(offers<fs::file, text, fs::open_mode, std::uint32_t>(&fs::open, &fs::open));

std::error_code system_code(int number) { return {number, std::generic_category()}; }

TEST_F(Fs, ReadsAFileInAllThreeStyles) {
  const std::string name = make("greeting", "hello");
  order seen;
  fs::read_file(loop, name, [&](const error& failure, std::string text) {
    seen("callback " + text + (failure ? " failed" : ""));
    fs::read_file(loop, name)
        .then([&](const std::string& promised) { seen("promise " + promised); })
        .detach();
  });
  loop.run();
  const auto work = [&]() -> task<void> {
    const std::string awaited = co_await fs::read_file(loop, name);
    seen("task " + awaited);
  };
  auto running = work();
  loop.run();
  EXPECT_EQ(seen, (order{"callback hello", "promise hello", "task hello"}));
}

// A03, B10
TEST_F(Fs, GoesOnWhileAFileIsRead) {
  const std::string name = make("data.txt", "x");
  order seen;
  fs::read_file(loop, name, [&](const error&, std::string) { seen("File ready"); });
  seen("Request queued, continuing...");
  loop.run();
  EXPECT_EQ(seen, (order{"Request queued, continuing...", "File ready"}));
}

// A03
TEST_F(Fs, KeepsAnIntervalGoingDuringASlowRead) {
  // The read ends when the interval has fired 95 times: were the loop blocked, neither would.
  trireme::loop real;
  std::atomic<bool> enough = false;
  int fired = 0;
  timer every = real.set_interval(1ms, [&] {
    if (++fired < 95) return;
    enough = true;
    enough.notify_all();
  });
  detail::blocking_pool::shared().run(completion<void>(real, [&](const error&) { every.clear(); }),
                                      [&]() -> result<void> {
                                        enough.wait(false);
                                        return {};
                                      });
  real.run();
  EXPECT_GE(fired, 95);
}

// A14
TEST_F(Fs, CallsBackInThePollPhase) {
  const std::string name = make("file", "x");
  for (int round = 0; round < 1000; ++round) {
    trireme::loop real;
    order seen;
    fs::read_file(real, name, [&](const error&, std::string) {
      real.set_timeout(0ms, [&] { seen("timeout"); });
      real.set_immediate([&] { seen("immediate"); });
      real.queue_microtask([&] { seen("micro"); });
      real.next_tick([&] { seen("tick"); });
    });
    real.run();
    ASSERT_EQ(seen, (order{"tick", "micro", "immediate", "timeout"}));
  }
}

// A32
TEST_F(Fs, SaysWhatFailedAndWhereAsNodeDoes) {
  const std::string nowhere = path("nowhere");
  const auto said = [&](const error& failure, std::string_view operation) {
    EXPECT_EQ(failure.code(), system_code(ENOENT)) << operation;
    EXPECT_EQ(failure.operation(), operation);
    EXPECT_EQ(failure.path().substr(0, nowhere.size()), nowhere);
  };
  const error failure = failure_of(fs::read_file(loop, nowhere));
  said(failure, "open");
  EXPECT_EQ(failure.message(), "open: No such file or directory: " + nowhere);
  said(failure_of(fs::stat(loop, nowhere)), "stat");
  said(failure_of(fs::lstat(loop, nowhere)), "lstat");
  said(failure_of(fs::access(loop, nowhere)), "access");
  said(failure_of(fs::real_path(loop, nowhere)), "realpath");
  said(failure_of(fs::read_directory(loop, nowhere)), "scandir");
  said(failure_of(fs::make_directory(loop, nowhere + "/below")), "mkdir");
  said(failure_of(fs::make_temporary_directory(loop, nowhere + "/t")), "mkdtemp");
  said(failure_of(fs::remove(loop, nowhere)), "rm");
  said(failure_of(fs::rename(loop, nowhere, path("other"))), "rename");
  said(failure_of(fs::copy_file(loop, nowhere, path("other"))), "copyfile");
  said(failure_of(fs::append_file(loop, nowhere + "/below", "x")), "open");
  said(failure_of(fs::write_file(loop, nowhere + "/below", "x")), "open");
}

TEST_F(Fs, GivesTheErrorFirstWithADefaultMadeValue) {
  error got;
  std::string text = "untouched";
  fs::read_file(loop, path("nowhere"), [&](const error& failure, std::string value) {
    got = failure;
    text = value;
  });
  EXPECT_FALSE(got);  // never from within the call
  loop.run();
  EXPECT_EQ(got.code(), system_code(ENOENT));
  EXPECT_EQ(text, "");
}

TEST_F(Fs, SaysOfADirectoryThatItIsOne) {
  const error failure = failure_of(fs::read_file(loop, directory));
  EXPECT_EQ(failure.code(), system_code(EISDIR));
  EXPECT_EQ(failure.operation(), "read");
  EXPECT_EQ(failure_of(fs::write_file(loop, directory, "x")).code(), system_code(EISDIR));
}

TEST_F(Fs, TellsOfMissingRights) {
  if (::geteuid() == 0) GTEST_SKIP() << "the superuser may read everything";
  const std::string name = make("secret", "x");
  ::chmod(name.c_str(), 0);
  EXPECT_EQ(failure_of(fs::read_file(loop, name)).code(), system_code(EACCES));
  EXPECT_EQ(failure_of(fs::write_file(loop, name, "y")).code(), system_code(EACCES));
}

TEST_F(Fs, RefusesAPathThatTheSystemWouldCut) {
  const std::string cut = make("file", "x") + std::string("\0.txt", 5);
  EXPECT_EQ(failure_of(fs::read_file(loop, cut)).code(), system_code(EINVAL));
  EXPECT_EQ(failure_of(fs::write_file(loop, cut, "y")).code(), system_code(EINVAL));
  EXPECT_EQ(failure_of(fs::append_file(loop, cut, "y")).code(), system_code(EINVAL));
  EXPECT_EQ(failure_of(fs::stat(loop, cut)).code(), system_code(EINVAL));
  EXPECT_EQ(failure_of(fs::exists(loop, cut)).code(), system_code(EINVAL));
  EXPECT_EQ(failure_of(fs::remove(loop, cut)).code(), system_code(EINVAL));
  EXPECT_EQ(failure_of(fs::rename(loop, path("file"), cut)).code(), system_code(EINVAL));
  EXPECT_EQ(contents(path("file")), "x");
}

TEST_F(Fs, ReadsWhatSaysThatItHasNoSize) {
  const std::string status = value(fs::read_file(loop, "/proc/self/status"));
  EXPECT_EQ(status.substr(0, 5), "Name:");
}

TEST_F(Fs, ReadsUpToItsLimitAndNotBeyond) {
  const std::string name = make("ten", "0123456789");
  fs::read_options options;
  options.limit = 10;
  EXPECT_EQ(value(fs::read_file(loop, name, options)), "0123456789");
  options.limit = 9;
  const error failure = failure_of(fs::read_file(loop, name, options));
  EXPECT_EQ(failure.code(), system_code(EFBIG));
  EXPECT_EQ(failure.path(), name);
  // Of what does not tell its size too.
  EXPECT_EQ(failure_of(fs::read_file(loop, "/dev/zero", options)).code(), system_code(EFBIG));
  EXPECT_EQ(failure_of(fs::read_file(loop, "/proc/self/status", options)).code(), system_code(EFBIG));
}

TEST_F(Fs, ReadsEightFilesSideBySide) {
  std::vector<promise<std::string>> reads;
  for (int each = 0; each < 8; ++each) {
    const std::string number = std::to_string(each);
    reads.push_back(fs::read_file(loop, make(number, std::string(100'000, number[0]))));
  }
  std::vector<std::string> all;
  trireme::all(loop, std::move(reads))
      .then([&](std::vector<std::string> texts) { all = std::move(texts); })
      .detach();
  loop.run();
  ASSERT_EQ(all.size(), 8u);
  for (std::size_t each = 0; each < 8; ++each) {
    EXPECT_EQ(all[each], std::string(100'000, static_cast<char>('0' + each)));
  }
}

TEST_F(Fs, WritesAFileAtomicallyAndLeavesNothingBehind) {
  const std::string name = path("file");
  done(fs::write_file(loop, name, "first"));
  EXPECT_EQ(contents(name), "first");
  done(fs::write_file(loop, name, "second"));
  EXPECT_EQ(contents(name), "second");
  EXPECT_EQ(names(), std::vector<std::string>{"file"});
}

TEST_F(Fs, KeepsThePermissionsOfAFileThatItReplaces) {
  const std::string name = make("script", "old");
  ::chmod(name.c_str(), 0750);
  done(fs::write_file(loop, name, "new"));
  EXPECT_EQ(value(fs::stat(loop, name)).permissions, 0750u);
  fs::write_options options;
  options.permissions = 0600;
  done(fs::write_file(loop, path("private"), "x", options));
  EXPECT_EQ(value(fs::stat(loop, path("private"))).permissions, 0600u);
}

TEST_F(Fs, WritesThroughALink) {
  const std::string name = make("target", "old");
  ::symlink("target", path("link").c_str());
  done(fs::write_file(loop, path("link"), "new"));
  EXPECT_EQ(contents(name), "new");
  EXPECT_EQ(value(fs::lstat(loop, path("link"))).kind, fs::file_kind::symbolic_link);
  ::symlink("made", path("dangling").c_str());
  done(fs::write_file(loop, path("dangling"), "new"));
  EXPECT_EQ(contents(path("made")), "new");
}

TEST_F(Fs, DoesNotPutAFileInThePlaceOfADevice) {
  done(fs::write_file(loop, "/dev/null", "gone"));
  EXPECT_EQ(value(fs::stat(loop, "/dev/null")).kind, fs::file_kind::character_device);
}

TEST_F(Fs, TellsOfAFullDisk) {
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

TEST_F(Fs, LeavesTheOldContentsWhereAnAtomicWriteFails) {
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

TEST_F(Fs, ShowsReadersTheOldContentsOrTheNew) {
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

TEST_F(Fs, AppendsToAFile) {
  done(fs::append_file(loop, path("log"), "one\n"));
  done(fs::append_file(loop, path("log"), "two\n"));
  EXPECT_EQ(contents(path("log")), "one\ntwo\n");
}

TEST_F(Fs, CopiesAFile) {
  const std::string name = make("from", "text");
  make("to", "there");
  fs::copy_options keep;
  keep.overwrite = false;
  EXPECT_EQ(failure_of(fs::copy_file(loop, name, path("to"), keep)).code(), system_code(EEXIST));
  EXPECT_EQ(contents(path("to")), "there");
  done(fs::copy_file(loop, name, path("to")));
  EXPECT_EQ(contents(path("to")), "text");
}

TEST_F(Fs, TellsWhatTheSystemKnowsOfAFile) {
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

TEST_F(Fs, TellsWhetherAFileIsThere) {
  const std::string name = make("file", "");
  EXPECT_TRUE(value(fs::exists(loop, name)));
  EXPECT_FALSE(value(fs::exists(loop, path("nowhere"))));
  EXPECT_FALSE(value(fs::exists(loop, name + "/below")));
  fs::access_options run;
  run.execute = true;
  done(fs::access(loop, name));
  EXPECT_EQ(failure_of(fs::access(loop, name, run)).code(), system_code(EACCES));
}

TEST_F(Fs, ListsADirectorySorted) {
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
}

TEST_F(Fs, MakesDirectoriesWithThoseAbove) {
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

TEST_F(Fs, RemovesFilesLinksAndWholeDirectories) {
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

TEST_F(Fs, RenamesAndResolvesPaths) {
  make("old", "x");
  done(fs::rename(loop, path("old"), path("new")));
  EXPECT_EQ(names(), std::vector<std::string>{"new"});
  ::symlink("new", path("link").c_str());
  EXPECT_EQ(value(fs::real_path(loop, path("./link"))), std::filesystem::canonical(path("new")).string());
  const std::string made = value(fs::make_temporary_directory(loop, path("t-")));
  EXPECT_EQ(made.substr(0, made.size() - 6), path("t-"));
  EXPECT_EQ(value(fs::stat(loop, made)).permissions, 0700u);
}

TEST_F(Fs, AnswersAStopAtOnce) {
  auto stopped = context::make(loop.current());
  order seen;
  loop.run_in(stopped, [&] {
    fs::read_file(loop, "/dev/zero", [&](const error& failure, std::string) { seen(failure.message()); });
  });
  stopped->request_stop(errc::timed_out);
  seen("stopped");
  loop.run();
  EXPECT_EQ(seen, (order{"stopped", "timed out"}));
  while (detail::blocking_pool::shared().outstanding() > 0) std::this_thread::yield();  // it ends early
}

TEST_F(Fs, MayBeUnderWayWhenTheLoopEnds) {
  const std::string name = make("file", std::string(100'000, 'x'));
  bool called = false;
  for (int round = 0; round < 50; ++round) {
    test_loop ends;
    for (int each = 0; each < 8; ++each) {
      fs::read_file(ends, name, [&](const error&, std::string) { called = true; });
    }
  }
  EXPECT_FALSE(called);
}

std::vector<std::string>& logged() {
  static std::vector<std::string> lines;
  return lines;
}

// A30, A44
TEST_F(Fs, CountsABlockingCallOnlyWhileTheLoopRuns) {
  const std::string name = make("config", "port=80");
  set_log_sink([](log_level, std::string_view line) { logged().emplace_back(line); });
  EXPECT_EQ(fs::blocking::read_file(name), "port=80");
  EXPECT_EQ(loop.counters().get("loop.blocking_calls").value(), 0);
  EXPECT_TRUE(logged().empty());
  loop.set_immediate([&] { EXPECT_EQ(fs::blocking::read_file(name), "port=80"); });
  loop.run();
  set_log_sink(nullptr);
  EXPECT_EQ(loop.counters().get("loop.blocking_calls").value(), 1);
#ifndef NDEBUG
  EXPECT_EQ(logged(), std::vector<std::string>{"fs::blocking::read_file holds up a loop that is running"});
#endif
  EXPECT_EQ(fs::blocking::read_file(name), "port=80");
  EXPECT_EQ(loop.counters().get("loop.blocking_calls").value(), 1);
}

TEST_F(Fs, HasABlockingTwinOfEachOperation) {
  namespace blocking = fs::blocking;
  const std::string name = path("file");
  blocking::write_file(name, "one");
  blocking::append_file(name, " two");
  blocking::copy_file(name, path("copy"));
  EXPECT_EQ(blocking::read_file(path("copy")), "one two");
  EXPECT_EQ(blocking::stat(name).size, 7u);
  EXPECT_TRUE(blocking::lstat(name).is_file());
  blocking::make_directory(path("d"));
  blocking::rename(path("copy"), path("d/moved"));
  EXPECT_EQ(blocking::read_directory(directory).size(), 2u);
  fs::remove_options whole;
  whole.recursive = true;
  blocking::remove(path("d"), whole);
  EXPECT_FALSE(blocking::exists(path("d")));
  blocking::access(name);
  EXPECT_EQ(blocking::real_path(name), std::filesystem::canonical(name).string());
  try {
    blocking::read_file(path("nowhere"));
    FAIL();
  } catch (const error& failure) {
    EXPECT_EQ(failure.message(), "open: No such file or directory: " + path("nowhere"));
  }
}

}  // namespace
}  // namespace trireme
