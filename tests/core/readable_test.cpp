#include <trireme/core/readable.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <trireme/core/as_result.hpp>
#include <trireme/core/make_stream.hpp>
#include <trireme/core/memory_stream.hpp>
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

/// A source whose chunks the test pushes by hand.
class manual_source final : public readable {
public:
  explicit manual_source(loop& owner, const stream_options& options = {}) : readable(owner, options) {}
  using readable::fail;
  using readable::push;
  using readable::push_end;
  int asked = 0;
  int destroyed_with_error = 0;
  int destroyed_without = 0;

private:
  void on_read() override { ++asked; }
  void on_destroy(const error& reason) override { ++(reason ? destroyed_with_error : destroyed_without); }
};

// C10
TEST(Readable, GivesItsChunksInOrderAndThenAnEmptyOneForEver) {
  test_loop loop;
  memory_source source(loop, "abcdefgh", 3);
  order seen;
  const auto work = [&]() -> task<void> {
    for (int i = 0; i < 5; ++i) {
      const shared_bytes chunk = co_await source.read();
      seen("<" + std::string(chunk.view()) + ">");
    }
  };
  auto running = work();
  loop.run();
  EXPECT_EQ(seen, (order{"<abc>", "<def>", "<gh>", "<>", "<>"}));
  EXPECT_TRUE(source.ended());
  EXPECT_TRUE(source.destroyed());
}

TEST(Readable, IsReadByACallbackAPromiseAndACoroutine) {
  test_loop loop;
  memory_source source(loop, "abc", 1);
  order seen;
  bool returned = false;
  source.read([&](const error& failure, shared_bytes chunk) {
    EXPECT_FALSE(failure);
    EXPECT_TRUE(returned) << "not from within read";
    seen("callback " + std::string(chunk.view()));
    source.read()
        .then([&](shared_bytes next) { seen("promise " + std::string(next.view())); })
        .finally([&] {
          source.read([&](const error&, shared_bytes last) { seen("callback " + std::string(last.view())); });
        })
        .detach();
  });
  returned = true;
  loop.run();
  EXPECT_EQ(seen, (order{"callback a", "promise b", "callback c"}));
}

TEST(Readable, RefusesASecondReadWhileOneWaits) {
  test_loop loop;
  manual_source source(loop);
  error second;
  std::string first;
  source.read([&](const error&, shared_bytes chunk) { first = chunk.view(); });
  source.read([&](const error& failure, shared_bytes) { second = failure; });
  loop.set_timeout(1ms, [&] { source.push(bytes("late")); });
  loop.run();
  EXPECT_EQ(first, "late");
  EXPECT_EQ(second, error(std::make_error_code(std::errc::operation_in_progress)));
}

TEST(Readable, AsksOnlyOnDemandAndOnceAtATime) {
  test_loop loop;
  manual_source source(loop);
  loop.poll();
  EXPECT_EQ(source.asked, 0);
  order seen;
  const auto work = [&]() -> task<void> {
    for (int i = 0; i < 2; ++i) {
      const shared_bytes chunk = co_await source.read();
      seen(chunk.view());
    }
  };
  auto running = work();
  EXPECT_EQ(source.asked, 1);
  EXPECT_TRUE(source.push(bytes("a")));
  EXPECT_TRUE(source.push(bytes("b")));
  loop.run();
  EXPECT_EQ(seen, (order{"a", "b"}));
  EXPECT_EQ(source.asked, 1) << "the second was there already";
}

TEST(Readable, AsksAgainAfterAnEmptyChunk) {
  test_loop loop;
  manual_source source(loop);
  std::string got = "none";
  source.read([&](const error&, shared_bytes chunk) { got = chunk.view(); });
  loop.set_timeout(1ms, [&] { source.push({}); });
  loop.set_timeout(2ms, [&] {
    EXPECT_EQ(source.asked, 2);
    source.push(bytes("x"));
  });
  loop.run();
  EXPECT_EQ(got, "x");
}

// C10
TEST(Readable, TellsAProducerThatPushesAtTheMarkAndFailsAtTheLimit) {
  test_loop loop;
  stream_options options(8);
  options.limit = 16 + 3 * 96;  // bytes, and what three chunks cost
  manual_source source(loop, options);
  EXPECT_TRUE(source.push(bytes("1234567")));
  EXPECT_FALSE(source.push(bytes("8")));
  EXPECT_EQ(source.buffered(), 8u);
  EXPECT_FALSE(source.push(bytes("12345678")));
  EXPECT_FALSE(source.destroyed());
  EXPECT_FALSE(source.push(bytes("x")));
  EXPECT_EQ(source.failure(), error(errc::full));
  EXPECT_EQ(loop.counters().get("stream.overflow").value(), 1);
  EXPECT_EQ(source.destroyed_with_error, 1);
}

TEST(Readable, BringsItsErrorToTheReadThatWaitsAndToLaterOnes) {
  test_loop loop;
  manual_source source(loop);
  order seen;
  source.read([&](const error& failure, shared_bytes) {
    seen(failure.message());
    source.read([&](const error& again, shared_bytes) { seen(again.message()); });
  });
  loop.set_timeout(1ms, [&] { source.fail(errc::failed); });
  loop.run();
  EXPECT_EQ(seen, (order{"failed", "failed"}));
  EXPECT_EQ(source.destroyed_with_error, 1);
}

TEST(Readable, DestroyedWithoutAnErrorEndsTheReadThatWaits) {
  test_loop loop;
  manual_source source(loop);
  error got;
  source.read([&](const error& failure, shared_bytes) { got = failure; });
  source.destroy();
  source.destroy(errc::failed);
  EXPECT_FALSE(got) << "not from within destroy";
  loop.run();
  EXPECT_EQ(got, error(errc::closed));
  EXPECT_EQ(source.destroyed_without, 1);
  EXPECT_EQ(source.destroyed_with_error, 0);
}

TEST(Readable, MayGoWhileAReadWaits) {
  test_loop loop;
  auto source = std::make_unique<manual_source>(loop);
  error got;
  source->read([&](const error& failure, shared_bytes) { got = failure; });
  source.reset();
  EXPECT_FALSE(got) << "not from within the destructor";
  loop.run();
  EXPECT_EQ(got, error(errc::closed));
}

TEST(Readable, MayBeDestroyedByWhoReadsIt) {
  test_loop loop;
  auto source = std::make_unique<memory_source>(loop, "abc", 1);
  source->read([&](const error&, shared_bytes) { source.reset(); });
  loop.run();
  EXPECT_EQ(source, nullptr);
}

TEST(Readable, AStopEndsTheReadAndLeavesTheChunkToTheNext) {
  test_loop loop;
  manual_source source(loop);
  const context_ptr mine = context::make({});
  order seen;
  loop.run_in(mine,
              [&] { source.read([&](const error& failure, shared_bytes) { seen(failure.message()); }); });
  loop.set_timeout(1ms, [&] {
    mine->request_stop();
    source.push(bytes("kept"));
  });
  loop.set_timeout(2ms, [&] {
    loop.run_in(mine, [&] {
      source.read([&](const error& failure, shared_bytes) { seen("again " + failure.message()); });
      source.read()
          .or_else([&](const error& failure) {
            seen("promise " + failure.message());
            return shared_bytes();
          })
          .detach();
    });
  });
  loop.set_timeout(3ms, [&] { source.read([&](const error&, shared_bytes chunk) { seen(chunk.view()); }); });
  loop.run();
  EXPECT_EQ(seen, (order{"canceled", "again canceled", "promise canceled", "kept"}));
}

TEST(Readable, WhatOnReadThrowsIsItsError) {
  test_loop loop;
  const auto source = make_readable(loop, []() -> std::optional<shared_bytes> { throw error(errc::full); });
  error got;
  source->read([&](const error& failure, shared_bytes) { got = failure; });
  loop.run();
  EXPECT_EQ(got, error(errc::full));
}

TEST(Readable, IsMadeOfAFunctionOfACoroutineAndOfPromises) {
  test_loop loop;
  int left = 3;
  const auto plain = make_readable(loop, [&]() -> std::optional<shared_bytes> {
    if (left-- == 0) return std::nullopt;
    return bytes("p");
  });
  int turns = 3;
  const auto coroutine = make_readable(loop, [&]() -> task<std::optional<shared_bytes>> {
    co_await sleep_for(loop, 1s);
    if (turns-- == 0) co_return std::nullopt;
    co_return bytes("c");
  });
  int promises = 3;
  const auto promised = make_readable(loop, [&] {
    using chunk = std::optional<shared_bytes>;
    return promise<chunk>::resolved(loop, promises-- == 0 ? chunk() : chunk(bytes("q")));
  });
  order seen;
  for (readable* const source : {plain.get(), coroutine.get(), promised.get()}) {
    collect(loop, *source, [&](const error&, std::string all) { seen(all); });
  }
  loop.run();
  EXPECT_EQ(seen, (order{"ppp", "qqq", "ccc"}));
  EXPECT_EQ(loop.now(), time_point(4s));
}

TEST(Readable, DestroyedItStopsTheCoroutineItIsMadeOf) {
  test_loop loop;
  error inside;
  auto source = make_readable(loop, [&]() -> task<std::optional<shared_bytes>> {
    const result<void> slept = co_await as_result(sleep_for(loop, 1h));
    inside = slept.error();
    co_return std::nullopt;
  });
  source->read([](const error&, shared_bytes) {});
  loop.set_timeout(1s, [&] { source.reset(); });
  loop.run();
  EXPECT_EQ(inside, error(errc::canceled));
  EXPECT_EQ(loop.now(), time_point(1s));
}

TEST(Collect, StopsAtItsLimitAndDestroysTheSource) {
  test_loop loop;
  memory_source source(loop, std::string(100, 'x'), 10);
  error got;
  collect(loop, source, 99, [&](const error& failure, std::string) { got = failure; });
  loop.run();
  EXPECT_EQ(got, error(errc::full));
  EXPECT_EQ(source.failure(), error(errc::full));
  EXPECT_EQ(loop.counters().get("stream.collect_full").value(), 1);
}

TEST(Collect, GivesAPromiseOfTheWhole) {
  test_loop loop;
  memory_source source(loop, std::string(100'000, 'x'));
  std::string all;
  const auto work = [&]() -> task<void> { all = co_await collect(loop, source); };
  auto running = work();
  loop.run();
  EXPECT_EQ(all, std::string(100'000, 'x'));
}

}  // namespace
}  // namespace trireme
