#include <trireme/core/fs/stream.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <trireme/core/as_result.hpp>
#include <trireme/core/fs/blocking.hpp>
#include <trireme/core/memory_stream.hpp>
#include <trireme/core/pipeline.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>

namespace trireme {
namespace {

using testing::order;
using testing::test_loop;

std::string noise(std::size_t size) {
  std::mt19937_64 random(size);
  std::string text(size, '\0');
  for (char& letter : text) letter = static_cast<char>(random());
  return text;
}

class FsStream : public ::testing::Test {
protected:
  FsStream() : directory_(fs::blocking::make_temporary_directory("/tmp/trireme-streams-")) {}
  ~FsStream() override { std::filesystem::remove_all(directory_); }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  std::string with(const std::string& name, const std::string& contents) const {
    fs::blocking::write_file(path(name), contents);
    return path(name);
  }
  std::size_t open_files() const {
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      found += std::filesystem::read_symlink(entry, gone).string().starts_with(directory_);
    }
    return found;
  }
  /// A file that was dropped is closed by the pool, for which no loop waits.
  bool all_closed() const {
    for (int look = 0; look < 100'000 && open_files() > 0; ++look) std::this_thread::yield();
    return open_files() == 0;
  }

private:
  std::string directory_;
};

// C10
TEST_F(FsStream, CopyAFileOfAnySize) {
  for (const std::size_t size : {0u, 1u, 65'535u, 65'536u, 65'537u, 1'000'000u}) {
    test_loop loop;
    const std::string contents = noise(size);
    fs::read_stream from(loop, with("from", contents));
    fs::write_stream to(loop, path("to"));
    std::size_t most = 0;
    bool copied = false;
    pipeline(
        loop, from,
        [&](shared_bytes chunk) {
          most = std::max(most, to.buffered() + chunk.size());
          return chunk;
        },
        to, [&](const error& failure) { copied = !failure; });
    loop.run();
    EXPECT_TRUE(copied);
    EXPECT_TRUE(fs::blocking::read_file(path("to")) == contents) << size;
    EXPECT_EQ(from.bytes_read(), size);
    EXPECT_EQ(to.bytes_written(), size);
    EXPECT_LT(most, 2 * 65'536u) << "the mark and a chunk";
    EXPECT_TRUE(all_closed());
  }
}

TEST_F(FsStream, ReadARange) {
  test_loop loop;
  const std::string file = with("digits", "0123456789");
  order seen;
  const auto show = [&](std::string all) { seen(all); };
  const auto read = [&](std::optional<std::uint64_t> start, std::optional<std::uint64_t> end) {
    fs::read_stream_options options;
    options.chunk_size = 3;
    options.start = start;
    options.end = end;
    fs::read_stream source(loop, file, options);
    collect(loop, source).then(show).detach();
    loop.run();
  };
  read({}, {});
  read(2, 7);
  read(8, {});
  read({}, 4);
  read(5, 5);
  read(20, 30);
  EXPECT_EQ(seen, (order{"0123456789", "23456", "89", "0123", "", ""}));
}

TEST_F(FsStream, ReadWhatAPipeHasSoFar) {
  test_loop loop;
  const std::string pipe = path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int other_end = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::write(other_end, "hello\n", 6), 6);
  fs::read_stream source(loop, pipe);
  order seen;
  source.read([&](const error&, shared_bytes chunk) { seen(chunk.view()); });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (seen == order() && std::chrono::steady_clock::now() < deadline) loop.poll();
  EXPECT_EQ(seen, (order{"hello\n"}));
  ::close(other_end);
  source.read([&](const error&, shared_bytes chunk) { seen(chunk.empty() ? "end" : "more"); });
  loop.run();
  EXPECT_EQ(seen, (order{"hello\n", "end"}));
}

TEST_F(FsStream, BringTheErrorOfTheSystemAndDestroyTheOthers) {
  test_loop loop;
  fs::read_stream from(loop, path("missing"));
  fs::write_stream to(loop, path("to"));
  error got;
  pipeline(loop, from, to, [&](const error& failure) { got = failure; });
  loop.run();
  EXPECT_EQ(got.code(), std::errc::no_such_file_or_directory);
  EXPECT_EQ(got.operation(), "open");
  EXPECT_EQ(got.path(), path("missing"));
  EXPECT_TRUE(to.destroyed());

  memory_source source(loop, "abc");
  fs::write_stream nowhere(loop, path("no/such/directory"));
  pipeline(loop, source, nowhere, [&](const error& failure) { got = failure; });
  loop.run();
  EXPECT_EQ(got.code(), std::errc::no_such_file_or_directory);
  EXPECT_EQ(got.path(), path("no/such/directory"));
}

TEST_F(FsStream, ADiskThatIsFullIsAnError) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  test_loop loop;
  memory_source source(loop, noise(200'000));
  fs::write_stream full(loop, "/dev/full");
  error got;
  pipeline(loop, source, full, [&](const error& failure) { got = failure; });
  loop.run();
  EXPECT_EQ(got.code(), std::errc::no_space_on_device);
  EXPECT_TRUE(source.destroyed());
}

TEST_F(FsStream, WritesThatWaitGoTogetherAndInOrder) {
  test_loop loop;
  fs::write_stream_options options;
  options.durable = true;
  fs::write_stream to(loop, path("log"), options);
  std::string all;
  for (int i = 0; i < 3000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    all += line;
    EXPECT_TRUE(to.write(shared_bytes(line)));
  }
  std::uint64_t written = 0;
  int operations = 0;
  hook watch =
      loop.on_check([&] { operations += std::exchange(written, to.bytes_written()) != to.bytes_written(); });
  to.end([&](const error& failure) {
    EXPECT_FALSE(failure);
    watch.clear();
  });
  loop.run();
  EXPECT_LE(operations, 2) << "the first line, for which the file is opened, and the others";
  EXPECT_EQ(to.bytes_written(), all.size());
  EXPECT_TRUE(fs::blocking::read_file(path("log")) == all);
  EXPECT_TRUE(all_closed());
}

TEST_F(FsStream, AppendToAFile) {
  test_loop loop;
  with("log", "old ");
  fs::write_stream_options options;
  options.mode = fs::open_mode::append;
  fs::write_stream to(loop, path("log"), options);
  static_cast<void>(to.write(shared_bytes("new")));
  to.end([](const error& failure) { EXPECT_FALSE(failure); });
  loop.run();
  EXPECT_EQ(fs::blocking::read_file(path("log")), "old new");
}

TEST_F(FsStream, AnEndWithoutAWriteMakesAnEmptyFile) {
  test_loop loop;
  fs::write_stream to(loop, path("empty"));
  to.end([](const error& failure) { EXPECT_FALSE(failure); });
  loop.run();
  EXPECT_EQ(fs::blocking::read_file(path("empty")), "");
}

TEST_F(FsStream, MayGoWhileThePoolWorksForThem) {
  const std::string contents = noise(300'000);
  const std::string file = with("from", contents);
  for (int turns = 0; turns < 12; ++turns) {
    test_loop loop;
    auto from = std::make_unique<fs::read_stream>(loop, file);
    auto to = std::make_unique<fs::write_stream>(loop, path("to"));
    error got;
    bool ended = false;
    pipeline(loop, *from, *to, [&](const error& failure) {
      got = failure;
      ended = true;
    });
    for (int i = 0; i < turns; ++i) loop.poll();
    if (turns % 2 == 0) {
      from.reset();
    } else {
      to.reset();
    }
    loop.run();
    EXPECT_TRUE(ended);
    if (got) {
      EXPECT_EQ(got, error(errc::closed));
    }
    from.reset();
    to.reset();
    loop.run();
    EXPECT_TRUE(all_closed());
  }
}

TEST_F(FsStream, AStopEndsACopy) {
  test_loop loop;
  fs::read_stream from(loop, with("from", noise(3'000'000)));
  fs::write_stream to(loop, path("to"));
  const context_ptr mine = context::make({});
  error got;
  loop.run_in(mine, [&] { pipeline(loop, from, to, [&](const error& failure) { got = failure; }); });
  loop.set_immediate([&] { mine->request_stop(); });
  loop.run();
  EXPECT_EQ(got, error(errc::canceled));
  EXPECT_EQ(from.failure(), error(errc::canceled));
  EXPECT_EQ(to.failure(), error(errc::canceled));
  EXPECT_TRUE(all_closed());
}

}  // namespace
}  // namespace trireme
