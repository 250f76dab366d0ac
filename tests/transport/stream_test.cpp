#include <trireme/transport/tcp/stream.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <support/raw_client.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/transport/tcp/listener.hpp>

namespace trireme::transport::tcp {
namespace {

using testing::order;
using testing::pump;
using testing::raw_client;
using testing::settle;
using testing::test_loop;

/// One accepted stream that writes down what comes.
struct fixture final : stream::protocol {
  explicit fixture(std::size_t max_buffered = std::size_t{1} << 24, int receive_buffer = 0)
      : group(loop, max_buffered),
        listening(loop, "127.0.0.1", 0,
                  [this](int fd) { accepted = std::make_unique<stream>(group, fd, *this); }),
        client(loop, listening.port(), receive_buffer) {
    pump(loop, [&] { return accepted != nullptr; });
  }
  void on_data(std::span<char> bytes) override {
    received.append(bytes.data(), bytes.size());
    if (destroy_in_data) accepted.reset();
  }
  void on_end() override { log("end"); }
  void on_drained() override { log("drained"); }
  void on_failed(const error& reason) override {
    log(reason.code() == std::errc::no_buffer_space ? "overflow" : "failed");
    if (destroy_in_failed) accepted.reset();
  }
  bool wait_for_log() {
    return pump(loop, [&] { return !log.events().empty(); });
  }

  test_loop loop;
  stream_group group;
  std::unique_ptr<stream> accepted;
  listener listening;
  raw_client client;
  std::string received;
  order log;
  bool destroy_in_data = false;
  bool destroy_in_failed = false;
};

TEST(Stream, CorksWhatOneTurnWrites) {
  fixture server;
  server.accepted->write("one ");
  server.accepted->append().append("two ");
  server.accepted->write_through("thr", "ee");
  EXPECT_EQ(server.accepted->buffered(), 13u);
  server.client.read();
  EXPECT_EQ(server.client.received, "");
  EXPECT_TRUE(server.client.read_size(13));
  EXPECT_EQ(server.client.received, "one two three");
  EXPECT_EQ(server.accepted->buffered(), 0u);
}

TEST(Stream, SendsALargePayloadAtOnceAndInOrder) {
  fixture server;
  server.accepted->write_through("head", std::string(5000, 'x'));
  EXPECT_EQ(server.accepted->buffered(), 0u);
  server.accepted->write("a");
  server.accepted->write_through("head", std::string(5000, 'y'));
  server.accepted->write("z");
  ASSERT_TRUE(server.client.read_size(10'010));
  EXPECT_EQ(server.client.received, "head" + std::string(5000, 'x') + "ahead" + std::string(5000, 'y') + "z");
}

TEST(Stream, FlushesWhenAskedTo) {
  fixture server;
  server.accepted->write("now");
  EXPECT_TRUE(server.accepted->flush_now());
  server.client.read();
  EXPECT_EQ(server.client.received, "now");
}

TEST(Stream, GoesOnWhereTheKernelTookNoMore) {
  fixture server(std::size_t{1} << 25, 4096);
  const std::string large(9'000'000, 'x');
  server.accepted->write_through("h", large);
  EXPECT_GT(server.accepted->buffered(), 0u);
  EXPECT_FALSE(server.accepted->flush_now());
  server.accepted->write("end");
  ASSERT_TRUE(server.client.read_size(large.size() + 4));
  EXPECT_TRUE(server.client.received.ends_with("xend"));
  EXPECT_EQ(server.log, (order{"drained"}));
  settle(server.loop);
  EXPECT_EQ(server.log, (order{"drained"}));
}

TEST(Stream, FailsWhereTooMuchWaits) {
  fixture server(10'000, 4096);
  server.accepted->write_through("", std::string(8'000'000, 'x'));  // one message may be as large as it likes
  EXPECT_EQ(server.log, order());
  server.accepted->write("more");
  EXPECT_EQ(server.log, (order{"overflow"}));
  EXPECT_EQ(server.loop.counters().get("tcp.output_overflow").value(), 1);
  server.accepted->write("nothing happens");
  server.accepted->write_through("nor", "here");
  settle(server.loop);
  EXPECT_EQ(server.accepted->buffered(), 0u);
  EXPECT_EQ(server.log, (order{"overflow"}));
}

TEST(Stream, OffersWhatOneTurnWritesBeforeItTakesThePeerForASlowOne) {
  fixture server(100'000);
  const std::string small(1000, 's');
  for (int each = 0; each < 150; ++each) server.accepted->write(small);
  const std::string large(60'000, 'l');
  for (int each = 0; each < 3; ++each) server.accepted->write_through("head", large);
  ASSERT_EQ(server.log, order());
  EXPECT_TRUE(server.client.read_size(150 * small.size() + 3 * (large.size() + 4)));
  EXPECT_EQ(server.loop.counters().get("tcp.output_overflow").value(), 0);
}

TEST(Stream, FailsWhereTheKernelLeavesTooMuchOfWhatOneTurnWrote) {
  fixture server(20'000'000, 4096);
  const std::string large(16'000'000, 'x');
  server.accepted->write(large);
  EXPECT_EQ(server.log, order());
  server.accepted->write(large);
  EXPECT_EQ(server.log, (order{"overflow"}));
  fixture sharing(20'000'000, 4096);
  sharing.accepted->write(large);
  sharing.accepted->write_shared("", shared_bytes(large));
  EXPECT_EQ(sharing.log, (order{"overflow"}));
}

TEST(Stream, LetsOneMessageBeLargerThanTheLimitThoughASmallOneWasWrittenBefore) {
  fixture server(10'000, 4096);
  const std::string large(8'000'000, 'x');
  server.accepted->write("small");
  server.accepted->write_through("", large);
  ASSERT_EQ(server.log, order());
  EXPECT_TRUE(server.client.read_size(5 + large.size()));
}

TEST(Stream, SendsAllBeforeItShutsDown) {
  fixture server(std::size_t{1} << 25, 4096);
  server.accepted->write_through("", std::string(6'000'000, 'x'));
  server.accepted->shutdown();
  EXPECT_TRUE(server.accepted->shut());
  server.accepted->write("ignored");
  EXPECT_TRUE(server.client.read_to_end());
  EXPECT_EQ(server.client.received.size(), 6'000'000u);
  server.client.send("still heard");
  EXPECT_TRUE(pump(server.loop, [&] { return !server.received.empty(); }));
}

TEST(Stream, TellsTheEndThatCameWithTheLastBytes) {
  fixture server;
  server.client.send_some("last");
  server.client.finish();
  EXPECT_TRUE(server.wait_for_log());
  EXPECT_EQ(server.received, "last");
  EXPECT_EQ(server.log, (order{"end"}));
  settle(server.loop);
  EXPECT_EQ(server.log, (order{"end"})) << "told once, not in every turn";
  server.accepted->write("answer");
  EXPECT_TRUE(server.client.read_size(6));
}

TEST(Stream, TellsTheEndOfAPeerThatSentABufferFull) {
  fixture server;
  const std::string large(4'000'000, 'x');
  EXPECT_TRUE(server.client.send(large));
  server.client.finish();
  EXPECT_TRUE(server.wait_for_log());
  EXPECT_EQ(server.received.size(), large.size());
  EXPECT_EQ(server.log, (order{"end"}));
}

TEST(Stream, TellsOfAPeerThatVanishes) {
  fixture server;
  server.client.reset();
  EXPECT_TRUE(server.wait_for_log());
  EXPECT_EQ(server.log, (order{"failed"}));
  server.accepted->write("x");
  settle(server.loop);
  EXPECT_EQ(server.log, (order{"failed"}));
}

TEST(Stream, TellsOfAPeerThatVanishesRightBehindItsLastBytes) {
  fixture server;
  settle(server.loop);
  server.client.send_some("last");
  server.client.reset();
  EXPECT_TRUE(server.wait_for_log());
}

TEST(Stream, KeepsWhatComesWhilePaused) {
  fixture server;
  server.accepted->pause_reading();
  server.client.send_some("kept");
  server.client.finish();
  settle(server.loop);
  EXPECT_EQ(server.received, "");
  EXPECT_EQ(server.log, order());
  server.accepted->resume_reading();
  EXPECT_TRUE(server.wait_for_log());
  EXPECT_EQ(server.received, "kept");
}

TEST(Stream, MayBeDestroyedFromWithinACall) {
  fixture server;
  server.destroy_in_data = true;
  server.accepted->write("dropped");
  server.client.send_some("x");
  EXPECT_TRUE(pump(server.loop, [&] { return !server.accepted; }));
  settle(server.loop);
  fixture failing(10'000, 4096);
  failing.destroy_in_failed = true;
  failing.accepted->write_through("", std::string(8'000'000, 'x'));
  failing.accepted->write("more");
  EXPECT_FALSE(failing.accepted);
  settle(failing.loop);
  fixture vanished(10'000);
  vanished.destroy_in_failed = true;
  vanished.client.reset();
  vanished.accepted->write(std::string(8000, 'x'));
  vanished.accepted->write(std::string(8000, 'x'));  // is sent at once
  EXPECT_FALSE(vanished.accepted);
  EXPECT_EQ(vanished.log, (order{"failed"}));
  fixture flushed;
  flushed.destroy_in_failed = true;
  flushed.client.reset();
  flushed.accepted->write("more");
  EXPECT_FALSE(flushed.accepted->flush_now());
  EXPECT_FALSE(flushed.accepted);
}

TEST(Stream, GivesItsDescriptorAway) {
  fixture server;
  server.accepted->write("before ");
  const int fd = server.accepted->release();
  server.accepted = std::make_unique<stream>(server.group, fd, server);
  server.accepted->write("after");
  EXPECT_TRUE(server.client.read_size(12));
  EXPECT_EQ(server.client.received, "before after");
  server.client.send_some("heard");
  EXPECT_TRUE(pump(server.loop, [&] { return server.received == "heard"; }));
}

TEST(Stream, KeepsTheLoopAliveAsLongAsItLives) {
  test_loop loop;
  EXPECT_FALSE(loop.poll());
  fixture server;
  EXPECT_TRUE(server.loop.poll());
}

}  // namespace
}  // namespace trireme::transport::tcp
