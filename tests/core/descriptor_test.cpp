#include <trireme/core/detail/descriptor.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using detail::descriptor;
using trireme::testing::order;
using trireme::testing::test_loop;

struct calls final : descriptor::handler {
  void on_readable() override { readable(); }
  void on_writable() override { writable(); }
  std::function<void()> readable = [] {};
  std::function<void()> writable = [] {};
};

struct Descriptor : ::testing::Test {
  Descriptor() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
      throw error(errc::failed);
    peer = ends[1];
    watched.emplace(loop, ends[0], handler);
  }
  ~Descriptor() override {
    if (peer >= 0) ::close(peer);
  }
  void send(std::string_view text) {
    ASSERT_EQ(::send(peer, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  std::string read(std::size_t size = 100) {
    std::string into(size, '\0');
    const auto got = watched->read(into.data(), size);
    if (got < 0) return "error " + std::to_string(-got);
    into.resize(static_cast<std::size_t>(got));
    return into;
  }
  void turn(int times = 5) {
    while (times-- > 0) loop.poll();
  }

  test_loop loop;
  order log;
  calls handler;
  int peer = -1;
  std::optional<descriptor> watched;
};

TEST_F(Descriptor, TellsWhenThereIsSomethingToRead) {
  handler.readable = [this] {
    log(read());
    loop.queue_microtask([this] { log("micro"); });
    loop.next_tick([this] { log("tick"); });
  };
  turn();
  EXPECT_EQ(log, order());
  send("hello");
  turn();
  EXPECT_EQ(log.events().front(), "hello");
  EXPECT_EQ(log.events()[1], "tick");
  EXPECT_EQ(log.events()[2], "micro");
}

TEST_F(Descriptor, ComesAgainUntilEverythingIsRead) {
  std::string all;
  handler.readable = [&] {
    const std::string part = read(2);
    if (part.find("error") == std::string::npos) all += part;
  };
  send("abcdefgh");
  turn(10);
  EXPECT_EQ(all, "abcdefgh");
  send("ij");
  turn();
  EXPECT_EQ(all, "abcdefghij");
}

TEST_F(Descriptor, ReportsTheEndOfTheStream) {
  send("last");
  ::close(std::exchange(peer, -1));
  handler.readable = [this] {
    const std::string part = read();
    log(part.empty() ? "end" : part);
  };
  turn();
  EXPECT_EQ(log, (order{"last", "end"}));
}

TEST_F(Descriptor, DoesNotReadWhilePaused) {
  handler.readable = [this] { log(read()); };
  watched->pause_reading();
  send("later");
  turn();
  EXPECT_EQ(log, order());
  watched->resume_reading();
  turn(1);
  EXPECT_EQ(log.events().front(), "later");
}

TEST_F(Descriptor, TellsOnceWhenAFullSocketCanBeWritten) {
  handler.writable = [this] { log("writable"); };
  const std::string block(1 << 16, 'x');
  std::size_t sent = 0;
  std::ptrdiff_t outcome;
  while ((outcome = watched->write(block.data(), block.size())) > 0)
    sent += static_cast<std::size_t>(outcome);
  EXPECT_EQ(outcome, -EAGAIN);
  turn();
  EXPECT_EQ(log, order());
  std::string taken(1 << 20, '\0');
  for (std::size_t got = 0; got < sent;) {
    got += static_cast<std::size_t>(::recv(peer, taken.data(), taken.size(), 0));
  }
  turn();
  EXPECT_EQ(log, (order{"writable"}));
  EXPECT_EQ(watched->write("a", 1), 1);
  turn();
  EXPECT_EQ(log, (order{"writable"}));
}

TEST_F(Descriptor, WritesPartsInOneCall) {
  char first[] = "ab", second[] = "cd";
  const iovec parts[] = {{first, 2}, {second, 2}};
  EXPECT_EQ(watched->write(parts, 2), 4);
  char into[10];
  EXPECT_EQ(::recv(peer, into, sizeof into, 0), 4);
  EXPECT_EQ(std::string(into, 4), "abcd");
}

TEST_F(Descriptor, ReportsAPeerThatHasGoneWithoutASignal) {
  ::close(std::exchange(peer, -1));
  EXPECT_EQ(watched->write("a", 1), -EPIPE);
}

TEST_F(Descriptor, KeepsTheLoopAliveUnlessUnreferenced) {
  EXPECT_TRUE(loop.alive());
  watched->unref();
  watched->unref();
  EXPECT_FALSE(loop.alive());
  watched->ref();
  EXPECT_TRUE(loop.alive());
  watched.reset();
  loop.run();  // ends: the turn in which Asio lets go of it
  EXPECT_FALSE(loop.alive());
}

TEST_F(Descriptor, MayBeDestroyedFromWithin) {
  handler.readable = [this] {
    log("gone");
    watched.reset();
  };
  handler.writable = [this] { log("never"); };
  send("x");
  turn();
  EXPECT_EQ(log, (order{"gone"}));
  EXPECT_FALSE(loop.alive());
}

TEST_F(Descriptor, MayDestroyAnotherThatIsReady) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  calls other;
  auto second = std::make_unique<descriptor>(loop, ends[0], other);
  ASSERT_EQ(::send(ends[1], "x", 1, 0), 1);
  send("x");
  handler.readable = [&] {
    if (read() != "x") return;
    log("one of them");
    second.reset();
  };
  other.readable = [&] {
    char byte;
    if (second->read(&byte, 1) != 1) return;
    log("one of them");
    watched.reset();
  };
  turn();
  EXPECT_EQ(log, (order{"one of them"}));
  ::close(ends[1]);
}

TEST_F(Descriptor, GivesTheOpenDescriptorAway) {
  const int fd = watched->release();
  EXPECT_EQ(watched->fd(), -1);
  send("x");
  turn();
  char byte;
  EXPECT_EQ(::recv(fd, &byte, 1, 0), 1);
  watched.reset();
  EXPECT_EQ(::close(fd), 0);
  EXPECT_FALSE(loop.alive());
}

TEST_F(Descriptor, ClosesWhatItOwns) {
  const int fd = watched->fd();
  watched.reset();
  char byte;
  EXPECT_EQ(::recv(peer, &byte, 1, 0), 0);
  EXPECT_EQ(::recv(fd, &byte, 1, 0), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST_F(Descriptor, SendsExceptionsOfItsHandlerToUncaught) {
  handler.readable = [this] {
    read();
    throw std::runtime_error("in handler");
  };
  loop.on_uncaught([this](const error& failure) { log(failure.message()); });
  send("x");
  turn(1);
  EXPECT_EQ(log, (order{"in handler"}));
}

TEST_F(Descriptor, KeepsWhatIsReadyThroughAStop) {
  handler.readable = [this] {
    log("reads " + read(1));
    if (log.events().size() == 1) loop.stop();
    if (log.events().size() == 2) watched->unref();
  };
  send("ab");
  loop.run();
  EXPECT_EQ(log, (order{"reads a"}));
  loop.run();
  EXPECT_EQ(log, (order{"reads a", "reads b"}));
}

TEST_F(Descriptor, KeepsReadinessToWriteThroughAStopInTheReadThatCameWithIt) {
  const std::string block(1 << 16, 'x');
  while (watched->write(block.data(), block.size()) > 0) {
  }
  handler.readable = [this] {
    if (read() != "x") return;
    log("readable");
    loop.stop();
  };
  handler.writable = [this] {
    log("writable");
    watched->unref();
  };
  std::string taken(1 << 20, '\0');
  while (::recv(peer, taken.data(), taken.size(), 0) > 0) {
  }
  send("x");
  loop.run();
  EXPECT_EQ(log, (order{"readable"}));
  loop.run();
  EXPECT_EQ(log, (order{"readable", "writable"}));
}

// The kernel does not watch what is always ready, and Asio does not say so.
TEST(DescriptorAtBirth, RefusesFilesAndDirectories) {
  test_loop loop;
  calls handler;
  for (const char* const path : {"/proc/self/exe", "/proc/self"}) {
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    try {
      const descriptor refused(loop, fd, handler);
      ADD_FAILURE() << path;
    } catch (const error& failure) {
      EXPECT_EQ(failure.code(), std::errc::operation_not_permitted) << path;
    }
    EXPECT_EQ(::fcntl(fd, F_GETFD), -1) << "was not closed";
  }
  EXPECT_FALSE(loop.alive());
}

TEST(DescriptorAtBirth, RefusesWhatIsNotOpen) {
  test_loop loop;
  calls handler;
  EXPECT_THROW(descriptor(loop, -1, handler), error);
  EXPECT_FALSE(loop.alive());
}

}  // namespace
