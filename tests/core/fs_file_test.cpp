#include <trireme/core/fs/file.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>
#include <trireme/core/detail/blocking_pool.hpp>
#include <trireme/core/fs.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>

namespace trireme {
namespace {

using fs::open_mode;
using testing::order;
using testing::test_loop;

class File : public ::testing::Test {
protected:
  ~File() override { std::filesystem::remove_all(directory); }

  std::string path(const std::string& name) const { return directory + "/" + name; }
  /// Runs a coroutine to its end; an error that leaves it fails the test.
  template <class Work>
  void run(Work work) {
    auto running = work();
    loop.run();
  }
  static std::error_code code(int number) { return {number, std::generic_category()}; }
  static std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  const std::string directory = fs::blocking::make_temporary_directory("/tmp/trireme-file-");
  test_loop loop;
};

TEST_F(File, WritesAndReadsAtAPositionAndAtAnOffset) {
  run([&]() -> task<void> {
    fs::file file = co_await fs::open(loop, path("f"), open_mode::write_read);
    EXPECT_TRUE(file.is_open());
    EXPECT_EQ(file.path(), path("f"));
    co_await file.write("hello ");
    co_await file.write("world");
    co_await file.write_at(0, "J");
    std::string text = co_await file.read_at(0, 5);
    EXPECT_EQ(text, "Jello");
    text = co_await file.read_at(6, 100);  // shorter only at the end
    EXPECT_EQ(text, "world");
    text = co_await file.read(10);  // the position is behind what was written
    EXPECT_EQ(text, "");
    const fs::file_info info = co_await file.stat();
    EXPECT_EQ(info.size, 11u);
    co_await file.sync();
    co_await file.close();
    EXPECT_FALSE(file.is_open());
  });
}

TEST_F(File, ReadsOnFromItsPositionUntilTheEnd) {
  fs::blocking::write_file(path("f"), "abcdefg");
  order seen;
  run([&]() -> task<void> {
    fs::file file = co_await fs::open(loop, path("f"));
    for (;;) {
      const std::string some = co_await file.read(3);
      seen(some);
      if (some.empty()) break;
    }
  });
  EXPECT_EQ(seen, (order{"abc", "def", "g", ""}));
}

TEST_F(File, ReachesBeyondFourGigabytes) {
  const std::uint64_t far = (std::uint64_t{5} << 30) + 17;
  run([&]() -> task<void> {
    fs::file file = co_await fs::open(loop, path("big"), open_mode::write_read);
    co_await file.write_at(far, "there");  // a hole before it: no disk is used
    const fs::file_info info = co_await file.stat();
    EXPECT_EQ(info.size, far + 5);
    const std::string text = co_await file.read_at(far, 5);
    EXPECT_EQ(text, "there");
    co_await file.truncate(3);
    const fs::file_info cut = co_await file.stat();
    EXPECT_EQ(cut.size, 3u);
  });
}

TEST_F(File, OpensInTheModesOfNode) {
  struct expectation {
    open_mode mode;
    int missing;
    int present;
  };
  for (const expectation& each :
       {expectation{open_mode::read, ENOENT, 0}, expectation{open_mode::read_write, ENOENT, 0},
        expectation{open_mode::write, 0, 0}, expectation{open_mode::write_new, 0, EEXIST},
        expectation{open_mode::write_read, 0, 0}, expectation{open_mode::write_read_new, 0, EEXIST},
        expectation{open_mode::append, 0, 0}, expectation{open_mode::append_new, 0, EEXIST},
        expectation{open_mode::append_read, 0, 0}}) {
    std::filesystem::remove(path("missing"));
    fs::blocking::write_file(path("present"), "x");
    const auto opens = [&](const std::string& name, int number) {
      error got;
      fs::open(loop, name, each.mode, [&](const error& failure, fs::file file) {
        got = failure;
        EXPECT_EQ(file.is_open(), number == 0);
      });
      loop.run();
      EXPECT_EQ(got.code().value(), number);
      EXPECT_EQ(got.operation(), number ? "open" : "");
    };
    opens(path("missing"), each.missing);
    opens(path("present"), each.present);
  }
}

TEST_F(File, AppendsWhereverItIs) {
  run([&]() -> task<void> {
    fs::file first = co_await fs::open(loop, path("log"), open_mode::append);
    fs::file second = co_await fs::open(loop, path("log"), open_mode::append);
    co_await first.write("1");
    co_await second.write("2");
    co_await first.write("3");
  });
  EXPECT_EQ(fs::blocking::read_file(path("log")), "123");
}

TEST_F(File, GivesErrorsWithOperationAndPath) {
  order seen;
  fs::open(loop, path("f"), open_mode::write, [&](const error&, fs::file file) {
    file.read(1, [&](const error& failure, std::string) { seen(failure.message()); });
  });
  loop.run();
  fs::open(loop, "/dev/full", open_mode::write, [&](const error&, fs::file file) {
    file.write("x", [&](const error& failure) { seen(failure.message()); });
  });
  loop.run();
  fs::open(loop, path("f"), open_mode::read_write, [&](const error&, fs::file file) {
    file.read_at(~std::uint64_t{0}, 1, [&](const error& failure, std::string) { seen(failure.message()); });
  });
  loop.run();
  fs::open(loop, path("f"), open_mode::read_write, [&](const error&, fs::file file) {
    file.truncate(~std::uint64_t{0}, [&](const error& failure) { seen(failure.message()); });
  });
  loop.run();
  EXPECT_EQ(seen,
            (order{"read: Bad file descriptor: " + path("f"), "write: No space left on device: /dev/full",
                   "read: Invalid argument: " + path("f"), "ftruncate: Invalid argument: " + path("f")}));
}

TEST_F(File, FailsOnceItIsClosed) {
  order seen;
  fs::open(loop, path("f"), open_mode::write, [&](const error&, fs::file file) {
    file.close([&](const error& failure) { seen(failure ? "failed" : "closed"); });
    file.write("x", [&](const error& failure) { seen(failure.message()); });
    file.close([&](const error& failure) { seen(failure.message()); });
    seen("asked");
  });
  loop.run();
  EXPECT_EQ(seen, (order{"asked", "write: Bad file descriptor", "close: Bad file descriptor", "closed"}));
}

TEST_F(File, ClosesWhenWhatIsUnderWayHasEnded) {
  fs::blocking::write_file(path("f"), std::string(1'000'000, 'x'));
  order seen;
  fs::open(loop, path("f"), open_mode::read, [&](const error&, fs::file file) {
    for (int each = 0; each < 8; ++each) {
      file.read_at(0, 1'000'000, [&](const error& failure, std::string text) {
        seen(failure ? failure.message() : std::to_string(text.size()));
      });
    }
    file.close([&](const error&) { seen("closed"); });
  });
  loop.run();
  ASSERT_EQ(seen.events().size(), 9u);
  EXPECT_EQ(std::count(seen.events().begin(), seen.events().end(), "1000000"), 8);
  // The eight had ended; their answers came from other threads and may be behind.
}

TEST_F(File, ClosesWhenItGoesAndWhenItsLoopGoes) {
  fs::blocking::write_file(path("f"), "x");
  const std::size_t before = open_descriptors();
  {
    test_loop ends;
    fs::file kept;
    for (int each = 0; each < 10; ++each) {
      fs::open(ends, path("f"), open_mode::read, [&](const error&, fs::file file) {
        file.read(1, [](const error&, std::string) {});
        kept = std::move(file);
      });
    }
    ends.run();
    EXPECT_TRUE(kept.is_open());
    for (int each = 0; each < 10; ++each) fs::open(ends, path("f")).detach();
  }
  while (trireme::detail::blocking_pool::shared().outstanding() > 0) std::this_thread::yield();
  EXPECT_LE(open_descriptors(), before);
}

TEST_F(File, IsClosedThoughItsContextWasStopped) {
  order seen;
  auto stopped = context::make(loop.current());
  loop.run_in(stopped, [&] {
    fs::open(loop, path("f"), open_mode::write, [&](const error&, fs::file file) {
      stopped->request_stop();
      file.write("x", [&](const error& failure) { seen(failure.message()); });
      file.close([&](const error& failure) { seen(failure ? failure.message() : "closed"); });
    });
  });
  loop.run();
  EXPECT_EQ(seen, (order{"canceled", "closed"}));
}

}  // namespace
}  // namespace trireme
