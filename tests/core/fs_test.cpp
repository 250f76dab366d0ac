#include <trireme/core/fs.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
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

#include "fs_fixture.hpp"

namespace trireme {
namespace {

using testing::order;
using testing::system_code;
using testing::test_loop;
using namespace std::chrono_literals;

using Fs = testing::fs_fixture;

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
