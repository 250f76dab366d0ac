#include <trireme/core/pipeline.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <random>
#include <string>
#include <trireme/core/memory_stream.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>

#include "pipeline_fixture.hpp"

namespace trireme {
namespace {

using namespace std::chrono_literals;
using testing::bytes;
using testing::counting_source;
using testing::order;
using testing::slow_sink;
using testing::splitter;
using testing::test_loop;

shared_bytes upper(shared_bytes chunk) {
  std::string text(chunk.view());
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return bytes(std::move(text));
}

TEST(Pipeline, MovesEverythingThroughTransformsAndEndsTheSink) {
  test_loop loop;
  memory_source source(loop, "abcdef", 4);
  memory_sink sink(loop);
  splitter split;
  std::string pieces;
  const auto work = [&]() -> task<void> {
    auto moved = pipeline(
        loop, source, upper, split,
        [&](shared_bytes chunk) {
          pieces.append(chunk.view()).append(",");
          return chunk;
        },
        sink);
    co_await std::move(moved);
  };
  auto running = work();
  loop.run();
  EXPECT_TRUE(running.done());
  EXPECT_EQ(sink.bytes(), "ABCDEF!");
  EXPECT_EQ(pieces, "A,B,C,D,E,F,!,");
  EXPECT_TRUE(sink.finished());
  EXPECT_EQ(split.destroyed_times, 1);
  EXPECT_FALSE(split.failed);
}

TEST(Pipeline, TellsACallbackAPromiseAndACoroutine) {
  test_loop loop;
  order seen;
  const auto sink = [&] { return make_writable(loop, [](shared_bytes) {}); };
  const auto source = [&] { return std::make_unique<memory_source>(loop, "abc"); };
  bool returned = false;
  pipeline(loop, source(), sink(), [&](const error& failure) {
    EXPECT_TRUE(returned);
    seen(failure ? "failed" : "callback");
  });
  returned = true;
  pipeline(loop, source(), sink()).then([&] { seen("promise"); }).detach();
  const auto work = [&]() -> task<void> {
    auto moved = pipeline(loop, source(), sink());
    co_await std::move(moved);
    seen("coroutine");
  };
  auto running = work();
  loop.run();
  EXPECT_EQ(seen, (order{"callback", "promise", "coroutine"}));
}

TEST(Pipeline, TakesTransformsThatAreCoroutines) {
  test_loop loop;
  memory_source source(loop, "abcd", 1);
  memory_sink sink(loop);
  pipeline(
      loop, source,
      [&](shared_bytes chunk) -> task<shared_bytes> {
        co_await sleep_for(loop, 1s);
        co_return upper(chunk);
      },
      sink)
      .detach();
  loop.run();
  EXPECT_EQ(sink.bytes(), "ABCD");
  EXPECT_EQ(loop.now(), time_point(4s));
}

// C10
TEST(Pipeline, NeverHoldsMoreThanTheMarkAndOneChunk) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    const std::size_t total = random() % 50'000, chunk = 1 + random() % 3000, mark = 1 + random() % 9000;
    const duration takes = std::chrono::microseconds(random() % 3);
    test_loop loop;
    counting_source source(loop, total, chunk);
    slow_sink sink(loop, mark, takes);
    sink.given = &source.given;
    bool moved = false;
    const auto done = [&](const error& failure) { moved = !failure; };
    if (seed % 2 == 0) {
      pipeline(loop, source, sink, done);
    } else {
      pipeline(
          loop, source, [](shared_bytes same) { return same; }, sink, done);
    }
    loop.run();
    ASSERT_TRUE(moved) << "seed " << seed;
    ASSERT_EQ(sink.taken, total);
    ASSERT_LT(sink.most_held, mark + chunk) << "seed " << seed;
  }
}

// C10
TEST(Pipeline, ASlowSinkSetsThePace) {
  test_loop loop;
  counting_source source(loop, 100 * 1024, 1024);
  slow_sink sink(loop, 4 * 1024, 1s);
  sink.given = &source.given;
  pipeline(loop, source, sink).detach();
  loop.set_timeout(10500ms, [&] {
    EXPECT_EQ(sink.taken, 10u * 1024);
    EXPECT_EQ(source.given, 14u * 1024) << "the mark, and what has been taken";
  });
  loop.run();
  EXPECT_EQ(loop.now(), time_point(100s));
}

TEST(Pipeline, AFastSourceStarvesNobody) {
  test_loop loop;
  memory_source source(loop, std::string(1000, 'x'), 1);
  memory_sink sink(loop);
  int turns = 0;
  bool moving = true;
  unique_function<void()> count = [&] {
    ++turns;
    if (moving) loop.set_immediate([&] { count(); });
  };
  count();
  pipeline(loop, source, sink, [&](const error&) { moving = false; });
  loop.run();
  EXPECT_EQ(sink.bytes().size(), 1000u);
  EXPECT_GE(turns, 1000 / 64);
}

TEST(Pipeline, GivesNothingOfOneToTheNextThatUsesItsTransform) {
  for (const bool rejects : {false, true}) {
    test_loop loop;
    auto late = make_promise<shared_bytes>(loop);
    bool first = true;
    const auto transform = make_transform([&](shared_bytes chunk) {
      return std::exchange(first, false) ? std::move(late.promise)
                                         : promise<shared_bytes>::resolved(loop, std::move(chunk));
    });
    memory_source old_source(loop, "old"), new_source(loop, "new");
    memory_sink old_sink(loop), new_sink(loop);
    bool done = false;
    pipeline(loop, old_source, *transform, old_sink, [&](const error& failure) {
      EXPECT_EQ(failure, error(errc::canceled));
      pipeline(loop, new_source, *transform, new_sink, [&](const error& outcome) { done = !outcome; });
      rejects ? late.resolver.reject(errc::failed) : late.resolver.resolve(bytes("stale"));
    });
    loop.set_immediate([&] { old_source.destroy(errc::canceled); });
    loop.run();
    EXPECT_TRUE(done);
    EXPECT_EQ(new_sink.bytes(), "new");
  }
}

TEST(Pipeline, AStopOfOneIsNoErrorOfTheNextThatUsesItsTransform) {
  test_loop loop;
  const auto transform = make_transform([&](shared_bytes chunk) -> task<shared_bytes> {
    co_await sleep_for(loop, 1s);
    co_return chunk;
  });
  memory_source old_source(loop, "old"), new_source(loop, "new");
  memory_sink old_sink(loop), new_sink(loop);
  bool done = false;
  pipeline(loop, old_source, *transform, old_sink, [&](const error&) {
    pipeline(loop, new_source, *transform, new_sink, [&](const error& outcome) { done = !outcome; });
  });
  loop.set_immediate([&] { old_source.destroy(errc::canceled); });
  loop.run();
  EXPECT_TRUE(done);
  EXPECT_EQ(new_sink.bytes(), "new");
}

}  // namespace
}  // namespace trireme
