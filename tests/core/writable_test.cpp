#include <trireme/core/writable.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <trireme/core/make_stream.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace trireme {
namespace {

using namespace std::chrono_literals;
using testing::order;
using testing::test_loop;

shared_bytes bytes(std::string text) { return shared_bytes(std::move(text)); }

/// A sink that finishes a chunk when the test says so.
class manual_sink final : public writable {
public:
  explicit manual_sink(loop& owner, const stream_options& options = {}) : writable(owner, options) {}
  using writable::done;
  order seen;

private:
  void on_write(shared_bytes chunk) override { seen(std::string(chunk.view())); }
  void on_end() override { seen("end"); }
  void on_destroy(const error& reason) override { seen(reason ? "failed" : "over"); }
};

// C10
TEST(Writable, TellsWhetherThereIsRoomAndCountsWhatIsBeingWritten) {
  test_loop loop;
  manual_sink sink(loop, stream_options(4));
  EXPECT_TRUE(sink.write(bytes("abc")));
  EXPECT_EQ(sink.buffered(), 3u);
  EXPECT_FALSE(sink.write(bytes("d")));
  EXPECT_FALSE(sink.write(bytes("efg")));
  EXPECT_EQ(sink.buffered(), 7u);
  EXPECT_EQ(sink.seen, (order{"abc"})) << "one at a time";
  sink.done();
  EXPECT_EQ(sink.buffered(), 4u);
  loop.run();
  EXPECT_EQ(sink.seen, (order{"abc", "d"}));
}

TEST(Writable, WaitsForRoomInAllThreeStyles) {
  test_loop loop;
  manual_sink sink(loop, stream_options(2));
  order seen;
  const auto work = [&]() -> task<void> {
    co_await sink.write(bytes("ab"));
    seen("coroutine");
  };
  auto running = work();
  sink.write(bytes("c"), [&](const error&) { seen("callback"); });
  sink.drained().then([&] { seen("promise"); }).detach();
  loop.set_timeout(1s, [&] { seen("written"), sink.done(); });
  loop.set_timeout(2s, [&] { sink.done(); });
  loop.run();
  EXPECT_EQ(seen, (order{"written", "callback", "coroutine", "promise"}));
}

TEST(Writable, EndsOnceEverythingIsWrittenAndTheSinkHasFinished) {
  test_loop loop;
  manual_sink sink(loop);
  order seen;
  static_cast<void>(sink.write(bytes("a")));
  sink.end([&](const error& failure) { seen(failure ? "no" : "ended"); });
  const auto work = [&]() -> task<void> {
    co_await sink.end();
    seen("ended too");
  };
  auto running = work();
  EXPECT_EQ(sink.seen, (order{"a"}));
  sink.done();
  loop.poll();
  EXPECT_EQ(sink.seen, (order{"a", "end"}));
  EXPECT_FALSE(sink.finished());
  sink.done();
  loop.run();
  EXPECT_TRUE(sink.finished());
  EXPECT_EQ(sink.seen, (order{"a", "end", "over"}));
  EXPECT_EQ(seen, (order{"ended", "ended too"}));
}

TEST(Writable, AWriteAfterItsEndIsAnError) {
  test_loop loop;
  manual_sink sink(loop);
  error got;
  sink.end([&](const error& failure) { got = failure; });
  EXPECT_FALSE(sink.write(bytes("late")));
  loop.run();
  EXPECT_EQ(got, error(errc::closed));
  EXPECT_EQ(got.message(), "write after end");
}

TEST(Writable, FailsWhereTheProducerDoesNotListen) {
  test_loop loop;
  stream_options options(2);
  options.limit = 4;
  manual_sink sink(loop, options);
  EXPECT_FALSE(sink.write(bytes("ab")));
  EXPECT_FALSE(sink.write(bytes("cd")));
  EXPECT_FALSE(sink.destroyed());
  error got;
  sink.write(bytes("e"), [&](const error& failure) { got = failure; });
  loop.run();
  EXPECT_EQ(got, error(errc::full));
  EXPECT_EQ(sink.seen, (order{"ab", "failed"}));
}

TEST(Writable, BringsItsErrorToAllThatWaitAndAllThatComeLater) {
  test_loop loop;
  manual_sink sink(loop, stream_options(1));
  order seen;
  const auto report = [&](std::string who) {
    return [&seen, who = std::move(who)](const error& failure) { seen(who + " " + failure.message()); };
  };
  sink.write(bytes("abc"), report("write"));
  sink.drained(report("drained"));
  sink.end(report("end"));
  loop.set_timeout(1s, [&] { sink.done(errc::failed); });
  loop.set_timeout(2s, [&] { sink.end(report("late")); });
  loop.run();
  EXPECT_EQ(seen, (order{"end failed", "write failed", "drained failed", "late failed"}));
}

TEST(Writable, ReportsAnErrorThatNobodyEverHeardOf) {
  test_loop loop;
  error got;
  loop.on_uncaught([&](const error& failure) { got = failure; });
  {
    manual_sink sink(loop);
    static_cast<void>(sink.write(bytes("lost")));
    sink.done(errc::failed);
    loop.poll();
    EXPECT_FALSE(got);
  }
  EXPECT_EQ(got, error(errc::failed));
  got = {};
  {
    manual_sink sink(loop);
    static_cast<void>(sink.write(bytes("given up")));
    sink.destroy(errc::canceled);
  }
  EXPECT_FALSE(got) << "whoever destroys it knows";
}

TEST(Writable, AStopEndsTheWaitOnly) {
  test_loop loop;
  manual_sink sink(loop, stream_options(1));
  const context_ptr mine = context::make({});
  error got;
  loop.run_in(mine, [&] { sink.write(bytes("a"), [&](const error& failure) { got = failure; }); });
  mine->request_stop(errc::timed_out);
  loop.run();
  EXPECT_EQ(got, error(errc::timed_out));
  EXPECT_FALSE(sink.destroyed());
}

TEST(Writable, MayGoFromWithinACallbackThatItCalls) {
  test_loop loop;
  auto sink = std::make_unique<manual_sink>(loop, stream_options(1));
  order seen;
  sink->write(bytes("a"), [&](const error&) { seen("first"), sink.reset(); });
  sink->drained([&](const error& failure) { seen(failure ? "told" : "second"); });
  sink->end([&](const error& failure) { seen(failure.message()); });
  sink->done();
  loop.run();
  EXPECT_EQ(seen, (order{"first", "second", "closed"}));
}

TEST(Writable, RefusesTheThousandAndTwentyFifthThatWaits) {
  test_loop loop;
  manual_sink sink(loop, stream_options(1));
  static_cast<void>(sink.write(bytes("a")));
  int refused = 0, drained = 0;
  for (int i = 0; i < 1030; ++i) {
    sink.drained([&](const error& failure) { ++(failure == error(errc::full) ? refused : drained); });
  }
  loop.set_timeout(1s, [&] { sink.done(); });
  loop.run();
  EXPECT_EQ(refused, 6);
  EXPECT_EQ(loop.counters().get("stream.waiting_full").value(), 6);
  EXPECT_EQ(drained, 1024);
}

TEST(Writable, IsMadeOfAFunctionAndOfACoroutine) {
  test_loop loop;
  std::string plain, slow;
  const auto one = make_writable(loop, [&](shared_bytes chunk) { plain += chunk.view(); });
  const auto two = make_writable(loop, [&](shared_bytes chunk) -> task<void> {
    co_await sleep_for(loop, 1s);
    slow += chunk.view();
  });
  for (writable* const sink : {one.get(), two.get()}) {
    for (const char* text : {"a", "b", "c"}) static_cast<void>(sink->write(bytes(text)));
    sink->end([](const error& failure) { EXPECT_FALSE(failure); });
  }
  loop.run();
  EXPECT_EQ(plain, "abc");
  EXPECT_EQ(slow, "abc");
  EXPECT_EQ(loop.now(), time_point(3s));
}

TEST(Writable, FailsWhereTheProducerDoesNotListenHoweverSmallItsChunksAre) {
  test_loop loop;
  manual_sink sink(loop);
  std::size_t honest = 0;
  for (bool room = true; room; ++honest) {
    room = static_cast<bool>(sink.write(bytes("x")));
    ASSERT_EQ(room, honest + 1 < sink.high_water_mark());
  }
  EXPECT_FALSE(sink.destroyed());
  std::size_t deaf = 0;
  for (; !sink.destroyed() && deaf < 1'000'000; ++deaf) static_cast<void>(sink.write(bytes("x")));
  EXPECT_EQ(sink.failure(), error(errc::full));
  EXPECT_LT((honest + deaf) * 97, 2u * 1024 * 1024);
}

}  // namespace
}  // namespace trireme
