#include <trireme/core/pipeline.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <trireme/core/as_result.hpp>
#include <trireme/core/memory_stream.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/core/timeout.hpp>

#include "pipeline_fixture.hpp"

namespace trireme {
namespace {

using namespace std::chrono_literals;
using testing::bytes;
using testing::counting_source;
using testing::slow_sink;
using testing::splitter;
using testing::test_loop;

TEST(Pipeline, EndsWithTheErrorOfTheSourceAndDestroysEverythingOnce) {
  for (int after = 0; after < 5; ++after) {
    test_loop loop;
    int left = after;
    const auto source = make_readable(loop, [&]() -> std::optional<shared_bytes> {
      if (left-- == 0) throw error(errc::failed);
      return bytes("abc");
    });
    splitter split;
    slow_sink sink(loop, 1, 1ms);
    error got;
    pipeline(loop, *source, split, sink, [&](const error& failure) { got = failure; });
    loop.run();
    EXPECT_EQ(got, error(errc::failed));
    EXPECT_EQ(sink.failure(), error(errc::failed));
    EXPECT_EQ(sink.destroyed_times, 1);
    EXPECT_EQ(split.destroyed_times, 1);
    EXPECT_TRUE(split.failed);
    EXPECT_FALSE(sink.saw_end);
  }
}

TEST(Pipeline, EndsWithTheErrorOfATransform) {
  for (int after = 0; after < 5; ++after) {
    for (const bool later : {false, true}) {
      test_loop loop;
      counting_source source(loop, 1000, 10);
      slow_sink sink(loop, 20, 1ms);
      int left = after;
      error got;
      const auto done = [&](const error& failure) { got = failure; };
      const auto fails = [&](shared_bytes chunk) {
        if (left-- == 0) throw error(errc::full);
        return chunk;
      };
      const auto fails_later = [&](shared_bytes chunk) -> task<shared_bytes> {
        co_await sleep_for(loop, 1ms);
        co_return fails(chunk);
      };
      if (later) {
        pipeline(loop, source, fails_later, sink, done);
      } else {
        pipeline(loop, source, fails, sink, done);
      }
      loop.run();
      EXPECT_EQ(got, error(errc::full));
      EXPECT_EQ(source.destroyed_times, 1);
      EXPECT_EQ(sink.destroyed_times, 1);
      EXPECT_FALSE(sink.saw_end);
    }
  }
}

TEST(Pipeline, EndsWithTheErrorOfTheSinkAndStopsReading) {
  for (int after = 0; after < 5; ++after) {
    for (const bool later : {false, true}) {
      test_loop loop;
      counting_source source(loop, 1 << 20, 10);
      int left = after;
      const auto fails = [&](shared_bytes) {
        if (left-- == 0) throw error(errc::full);
      };
      auto sink = later ? make_writable(
                              loop,
                              [&](shared_bytes chunk) -> task<void> {
                                co_await sleep_for(loop, 1ms);
                                fails(chunk);
                              },
                              stream_options(20))
                        : make_writable(loop, fails, stream_options(20));
      error got;
      pipeline(loop, source, *sink, [&](const error& failure) { got = failure; });
      loop.run();
      sink.reset();
      EXPECT_EQ(got, error(errc::full));
      EXPECT_EQ(source.destroyed_times, 1);
      EXPECT_EQ(source.failure(), error(errc::full));
      EXPECT_LE(source.given, 10u * static_cast<std::size_t>(after) + 30);
    }
  }
}

TEST(Pipeline, EndsWithAnErrorOfTheEnd) {
  class fails_at_the_end final : public writable {
  public:
    using writable::writable;
    explicit fails_at_the_end(loop& owner) : writable(owner) {}

  private:
    void on_write(shared_bytes) override { done(); }
    void on_end() override { throw error(errc::full); }
  };
  test_loop loop;
  memory_source source(loop, "abc");
  fails_at_the_end sink(loop);
  error got;
  pipeline(loop, source, sink, [&](const error& failure) { got = failure; });
  loop.run();
  EXPECT_EQ(got, error(errc::full));
}

TEST(Pipeline, AStopEndsItAtOnceAndDestroysItsParts) {
  test_loop loop;
  counting_source source(loop, 1 << 20, 1024);
  slow_sink sink(loop, 1024, 1s);
  splitter split;
  result<void> outcome;
  const auto work = [&]() -> task<void> {
    const auto body = [&]() -> task<void> {
      auto moved = pipeline(loop, source, split, sink);
      co_await std::move(moved);
    };
    auto limited = with_timeout(loop, 90s, body);
    outcome = co_await as_result(std::move(limited));
  };
  auto running = work();
  loop.run();
  EXPECT_EQ(outcome.error(), error(errc::timed_out));
  EXPECT_EQ(loop.now(), time_point(90s));
  EXPECT_EQ(source.destroyed_times, 1);
  EXPECT_EQ(sink.destroyed_times, 1);
  EXPECT_EQ(split.destroyed_times, 1);
  EXPECT_EQ(sink.failure(), error(errc::timed_out));
}

TEST(Pipeline, UnderAStoppedContextItMovesNothing) {
  test_loop loop;
  counting_source source(loop, 100, 10);
  memory_sink sink(loop);
  const context_ptr stopped = context::make({});
  stopped->request_stop();
  error got;
  loop.run_in(stopped, [&] { pipeline(loop, source, sink, [&](const error& failure) { got = failure; }); });
  EXPECT_FALSE(got);
  loop.run();
  EXPECT_EQ(got, error(errc::canceled));
  EXPECT_EQ(source.given, 0u);
}

TEST(Pipeline, PartsThatAreDestroyedOrGoEndIt) {
  enum { destroy_source, destroy_sink, drop_source, drop_sink, drop_transform, last };
  for (int what = 0; what < last; ++what) {
    test_loop loop;
    auto source = std::make_unique<counting_source>(loop, 1 << 20, 1024);
    auto sink = std::make_unique<slow_sink>(loop, 1024, 1s);
    auto split = std::make_unique<splitter>();
    error got;
    pipeline(loop, *source, *split, *sink, [&](const error& failure) { got = failure; });
    loop.set_timeout(10s, [&] {
      if (what == destroy_source) source->destroy();
      if (what == destroy_sink) sink->destroy();
      if (what == drop_source) source.reset();
      if (what == drop_sink) sink.reset();
      if (what == drop_transform) split.reset();
    });
    loop.run();
    EXPECT_EQ(got, error(errc::closed)) << what;
    EXPECT_EQ(source ? source->destroyed_times : 1, 1) << what;
    EXPECT_EQ(sink ? sink->destroyed_times : 1, 1) << what;
    EXPECT_EQ(split ? split->destroyed_times : 1, 1) << what;
    EXPECT_EQ(loop.now(), time_point(10s)) << what;
  }
}

TEST(Pipeline, ASinkThatIsEndedByAnotherEndsItTooEarly) {
  test_loop loop;
  counting_source source(loop, 1 << 20, 1024);
  slow_sink sink(loop, 1024, 1s);
  error got;
  pipeline(loop, source, sink, [&](const error& failure) { got = failure; });
  loop.set_timeout(10s, [&] { sink.end([](const error&) {}); });
  loop.run();
  EXPECT_EQ(got, error(errc::closed));
  EXPECT_EQ(source.destroyed_times, 1);
}

TEST(Pipeline, RefusesPartsThatAreInUseAndLeavesThemAlone) {
  test_loop loop;
  memory_source source(loop, std::string(100, 'x'), 1), other(loop, "y");
  memory_sink sink(loop), second(loop);
  splitter split;
  int refused = 0;
  const auto count = [&](const error& failure) {
    refused += failure == error(std::make_error_code(std::errc::operation_in_progress));
  };
  pipeline(loop, source, split, sink).detach();
  pipeline(loop, source, second, count);
  pipeline(loop, other, sink, count);
  pipeline(loop, other, split, second, count);
  loop.run();
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(sink.bytes().size(), 101u);
  EXPECT_FALSE(other.destroyed());
}

TEST(Pipeline, FreesWhatItWasGivenBeforeItSettles) {
  test_loop loop;
  const auto alive = std::make_shared<int>(0);
  auto sink = make_writable(loop, [alive](shared_bytes) {});
  auto source = make_readable(loop, [alive]() -> std::optional<shared_bytes> { return std::nullopt; });
  long left = 0;
  pipeline(
      loop, std::move(source), [alive](shared_bytes same) { return same; }, std::move(sink),
      [&](const error&) { left = alive.use_count(); });
  loop.run();
  EXPECT_EQ(left, 1);
}

TEST(Pipeline, GoesWithItsLoop) {
  const auto alive = std::make_shared<int>(0);
  bool called = false;
  {
    test_loop loop;
    auto sink = make_writable(loop, [alive](shared_bytes) {});
    auto source = make_readable(loop, [alive]() -> std::optional<shared_bytes> { return bytes("x"); });
    pipeline(loop, std::move(source), std::move(sink), [&](const error&) { called = true; });
    for (int turn = 0; turn < 5; ++turn) loop.poll();
  }
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_FALSE(called);
}

TEST(Pipeline, AnEmptySourceStillEndsTheSink) {
  test_loop loop;
  memory_source source(loop, "");
  memory_sink sink(loop);
  splitter split;
  pipeline(loop, source, split, sink).detach();
  loop.run();
  EXPECT_EQ(sink.bytes(), "!");
  EXPECT_TRUE(sink.finished());
}

TEST(Pipeline, MayBeDestroyedFromWithinItsOwnCallback) {
  auto loop = std::make_unique<test_loop>();
  auto source = std::make_unique<memory_source>(*loop, "abc");
  auto sink = std::make_unique<memory_sink>(*loop);
  pipeline(*loop, *source, *sink, [&](const error&) { source.reset(), sink.reset(); });
  loop->run();
  EXPECT_EQ(sink, nullptr);
}

}  // namespace
}  // namespace trireme
