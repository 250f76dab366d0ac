// Asio's own objects on a loop, awaited in tasks.
#include <trireme/core/asio.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/local/connect_pair.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/scope.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/core/timeout.hpp>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using asio::ip::tcp;
using trireme::testing::order;
using trireme::testing::test_loop;

const tcp::endpoint anywhere(asio::ip::address_v4::loopback(), 0);

task<void> echo(loop&, tcp::socket peer) {
  std::array<char, 4096> bytes;
  for (;;) {
    const auto size = co_await as_result(peer.async_read_some(asio::buffer(bytes), use_task));
    if (!size) {
      EXPECT_EQ(size.error().code(), asio::error::eof);
      co_return;
    }
    co_await asio::async_write(peer, asio::buffer(bytes.data(), *size), use_task);
  }
}

task<void> serve(loop& on, tcp::acceptor& acceptor, scope& connections, int count) {
  while (count-- > 0) {
    tcp::socket peer = co_await acceptor.async_accept(use_task);
    connections.spawn(echo(on, std::move(peer)));
  }
}

task<void> say(loop& on, tcp::endpoint server, std::string text, int& heard) {
  tcp::socket socket(on.context());
  const std::array<tcp::endpoint, 1> one{server};
  const tcp::endpoint reached = co_await asio::async_connect(socket, one, use_task);
  EXPECT_EQ(reached, server);
  std::string answer(text.size(), '\0');
  co_await asio::async_write(socket, asio::buffer(text), use_task);
  co_await asio::async_read(socket, asio::buffer(answer), use_task);
  heard += answer == text;
}

TEST(AsioObjects, EchoOverTcpInTasks) {
  test_loop loop;
  scope connections(loop);
  tcp::acceptor acceptor(executor_of(loop), anywhere);
  int heard = 0;
  connections.spawn(serve(loop, acceptor, connections, 20));
  for (int each = 0; each < 20; ++each) {
    connections.spawn(say(loop, acceptor.local_endpoint(), std::string(1 + each * 997, 'a'), heard));
  }
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(heard, 20);
}

/// A client of plain system calls, on a thread of its own.
std::string ask(tcp::endpoint server, const std::string& text) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  if (::connect(fd, server.data(), static_cast<socklen_t>(server.size())) == 0 &&
      ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size())) {
    ::shutdown(fd, SHUT_WR);
    char bytes[1024];
    for (ssize_t got = 0; (got = ::recv(fd, bytes, sizeof(bytes), 0)) > 0;) {
      answer.append(bytes, static_cast<std::size_t>(got));
    }
  }
  ::close(fd);
  return answer;
}

TEST(AsioObjects, EchoToAPlainSocket) {
  loop loop;
  scope connections(loop);
  tcp::acceptor acceptor(loop.context(), anywhere);
  connections.spawn(serve(loop, acceptor, connections, 1));
  const std::string text(100000, 'z');
  std::string answer;
  std::thread client([&, to = acceptor.local_endpoint()] { answer = ask(to, text); });
  EXPECT_EQ(loop.run(), 0);
  client.join();
  EXPECT_EQ(answer, text);
}

template <class Work>
task<error> failure_within(loop& on, duration limit, Work work) {
  auto limited = with_timeout(on, limit, std::move(work));
  const auto outcome = co_await as_result(std::move(limited));
  co_return outcome.error();
}

TEST(AsioObjects, StopsAnAcceptAReadAndAComposedRead) {
  test_loop loop;
  tcp::acceptor acceptor(loop.context(), anywhere);
  asio::local::stream_protocol::socket near(loop.context());
  asio::local::stream_protocol::socket far(loop.context());
  asio::local::connect_pair(near, far);
  asio::write(far, asio::buffer("part", 4));
  std::array<char, 100> bytes;
  auto accepts = failure_within(loop, 1s, [&]() -> task<void> { co_await acceptor.async_accept(use_task); });
  auto waits =
      failure_within(loop, 1s, [&]() -> task<void> { co_await far.async_wait(far.wait_read, use_task); });
  auto reads = failure_within(
      loop, 1s, [&]() -> task<void> { co_await asio::async_read(near, asio::buffer(bytes), use_task); });
  EXPECT_EQ(loop.run(), 0);
  for (const auto* each : {&accepts, &waits, &reads}) {
    EXPECT_EQ(each->settlement().value().code(), errc::timed_out);
  }
}

TEST(AsioObjects, MayBeDestroyedWithTheFrameThatReadsFromThem) {
  test_loop loop;
  tcp::acceptor acceptor(loop.context(), anywhere);
  tcp::socket client(loop.context());
  client.connect(acceptor.local_endpoint());
  auto connections = std::make_unique<scope>(loop);
  connections->spawn(echo(loop, acceptor.accept()));
  loop.set_immediate([&] { connections.reset(); });
  EXPECT_EQ(loop.run(), 0);
  char byte = 0;
  asio::error_code failure;
  client.read_some(asio::buffer(&byte, 1), failure);
  EXPECT_EQ(failure, asio::error::eof);
}

task<void> look_up(loop& on, const char* name, tcp::resolver::flags flags, order& log) {
  tcp::resolver resolver(on.context());
  const pending_work clock_stands(on);
  const auto found = co_await resolver.async_resolve(name, "80", flags, use_task);
  for (const auto& each : found) {
    if (each.endpoint().address().is_v4()) log(each.endpoint().address().to_string());
  }
}

TEST(AsioObjects, ResolveNamesOnAsiosThread) {
  test_loop loop;
  order log;
  auto numeric = look_up(loop, "127.0.0.1", tcp::resolver::numeric_host, log);
  EXPECT_EQ(loop.run(), 0);
  auto named = look_up(loop, "localhost", {}, log);
  EXPECT_EQ(loop.run(), 0);
  EXPECT_TRUE(numeric.done());
  EXPECT_TRUE(named.done());
  ASSERT_GE(log.events().size(), 2u);
  EXPECT_EQ(log.events().front(), "127.0.0.1");
  EXPECT_EQ(log.events().back(), "127.0.0.1");
}

TEST(AsioObjects, LeaveALookUpBehindThatWasStopped) {
  test_loop loop;
  tcp::resolver resolver(loop.context());
  auto work = [&]() -> task<void> { co_await resolver.async_resolve("localhost", "80", use_task); };
  const auto context = context::make({});
  auto running = loop.run_in(context, work);
  loop.set_immediate([&] { context->request_stop(errc::timed_out); });
  auto failed = failure_within(loop, 1h, [&]() -> task<void> {
    auto inner = std::move(running);
    co_await std::move(inner);
  });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_TRUE(failed.done());
}

task<void> await_signal(loop& on, order& log) {
  asio::signal_set signals(on.context(), SIGUSR2);
  log("ready");
  const int number = co_await signals.async_wait(use_task);
  log(number == SIGUSR2 ? "SIGUSR2" : "another");
}

TEST(AsioObjects, WaitForSignals) {
  test_loop loop;
  order log;
  auto running = await_signal(loop, log);
  loop.set_immediate([] { ::raise(SIGUSR2); });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"ready", "SIGUSR2"}));
}

struct ends_of_pipe {
  ends_of_pipe() { EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0); }
  int fds[2];
};

task<void> read_lines(loop&, asio::posix::stream_descriptor input, order& log) {
  std::string held;
  for (;;) {
    const auto size =
        co_await as_result(asio::async_read_until(input, asio::dynamic_buffer(held), '\n', use_task));
    if (!size) {
      log(size.error().code() == asio::error::eof ? "end" : "failure");
      co_return;
    }
    log(held.substr(0, *size - 1));
    held.erase(0, *size);
  }
}

task<void> write_lines(loop&, asio::posix::stream_descriptor output) {
  const std::string lines = "one\ntwo\nthree";
  co_await asio::async_write(output, asio::buffer(lines.substr(0, 5)), use_task);
  co_await asio::async_write(output, asio::buffer(lines.substr(5)), use_task);
  co_await asio::async_write(output, asio::buffer("\n", 1), use_task);
}

TEST(AsioObjects, ReadLinesFromAPipe) {
  test_loop loop;
  order log;
  const ends_of_pipe ends;
  auto reads = read_lines(loop, asio::posix::stream_descriptor(executor_of(loop), ends.fds[0]), log);
  auto writes = write_lines(loop, asio::posix::stream_descriptor(loop.context(), ends.fds[1]));
  // A task's frame, with the descriptor, goes when the task is dropped.
  loop.set_immediate([] {});
  while (!writes.done()) loop.run_once();
  { const auto dropped = std::move(writes); }
  EXPECT_EQ(loop.run(), 0);
  EXPECT_TRUE(reads.done());
  EXPECT_EQ(log, (order{"one", "two", "three", "end"}));
}

task<void> exchange_datagrams(loop& on, order& log) {
  const asio::ip::udp::endpoint local(asio::ip::address_v4::loopback(), 0);
  asio::ip::udp::socket receiver(on.context(), local);
  asio::ip::udp::socket sender(on.context(), local);
  co_await sender.async_send_to(asio::buffer("hello", 5), receiver.local_endpoint(), use_task);
  std::string bytes(10, '\0');
  asio::ip::udp::endpoint from;
  const std::size_t size = co_await receiver.async_receive_from(asio::buffer(bytes), from, use_task);
  log(bytes.substr(0, size));
  log(from == sender.local_endpoint() ? "from the sender" : "from elsewhere");
}

TEST(AsioObjects, ExchangeDatagrams) {
  test_loop loop;
  order log;
  auto running = exchange_datagrams(loop, log);
  EXPECT_EQ(loop.run(), 0);
  EXPECT_TRUE(running.done());
  EXPECT_EQ(log, (order{"hello", "from the sender"}));
}

TEST(AsioObjects, ReportARefusedConnection) {
  test_loop loop;
  tcp::endpoint nobody;
  {
    const tcp::acceptor closed(loop.context(), anywhere);
    nobody = closed.local_endpoint();
  }
  tcp::socket socket(loop.context());
  auto failed =
      failure_within(loop, 1h, [&]() -> task<void> { co_await socket.async_connect(nobody, use_task); });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(failed.settlement().value().code(), asio::error::connection_refused);
}

TEST(AsioObjects, HaveTimersThatTakeRealTimeUnderAVirtualClock) {
  test_loop loop;
  order log;
  asio::steady_timer timer(loop.context(), 10ms);
  timer.async_wait([&](asio::error_code) { log("Asio's, after 10 ms"); });
  loop.set_timeout(1h, [&] { log("the loop's, after 1 h"); });
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(log, (order{"the loop's, after 1 h", "Asio's, after 10 ms"}));
}

TEST(AsioObjects, AreWaitedForUnderAVirtualClockUntilPatienceEnds) {
  test_loop loop;
  loop.internals().patience = 10ms;
  error found;
  loop.on_uncaught([&](const error& failure) {
    found = failure;
    loop.stop(1);
  });
  tcp::acceptor acceptor(loop.context(), anywhere);
  acceptor.async_accept(use_promise).then([](const tcp::socket&) {}).detach();
  EXPECT_EQ(loop.run(), 1);
  EXPECT_EQ(found.code(), errc::would_hang);
}

TEST(AsioObjects, MayGoWithTheLoopInEveryState) {
  int destroyed = 0;
  struct counts {
    explicit counts(int& total) : count(&total) {}
    counts(counts&& other) noexcept : count(std::exchange(other.count, nullptr)) {}
    ~counts() {
      if (count) ++*count;
    }
    int* count;
  };
  auto hang = [](trireme::loop& on, counts) -> task<void> {
    tcp::acceptor acceptor(on.context(), anywhere);
    co_await acceptor.async_accept(use_task);
  };
  auto resolve = [](trireme::loop& on, counts) -> task<void> {
    tcp::resolver resolver(on.context());
    co_await resolver.async_resolve("localhost", "80", use_task);
  };
  auto signals = [](trireme::loop& on, counts) -> task<void> {
    asio::signal_set set(on.context(), SIGUSR2);
    co_await set.async_wait(use_task);
  };
  for (const bool turned : {false, true}) {
    test_loop loop;
    hang(loop, counts(destroyed)).as_promise().detach();
    resolve(loop, counts(destroyed)).as_promise().detach();
    signals(loop, counts(destroyed)).as_promise().detach();
    if (turned) loop.poll();
  }
  EXPECT_EQ(destroyed, 6);
}

}  // namespace
