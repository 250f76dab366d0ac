#include <trireme/core/testing/stream_pair.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <trireme/core/as_result.hpp>
#include <trireme/core/memory_stream.hpp>
#include <trireme/core/pipeline.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

namespace trireme {
namespace {

using namespace std::chrono_literals;
using testing::order;
using testing::pair_options;
using testing::stream_pair;
using testing::test_loop;

std::string text_of(std::uint64_t seed, std::size_t size) {
  std::mt19937_64 random(seed);
  std::string text(size, '\0');
  for (char& letter : text) letter = static_cast<char>(random());
  return text;
}

error system_error(std::errc code) { return std::make_error_code(code); }

pair_options slow(std::uint64_t seed) {
  pair_options options(seed);
  options.max_delay = 50ms;
  options.max_piece = 1 + seed * 37 % 5000;
  options.window = 1 + seed * 101 % 9000;
  options.streams.high_water_mark = 1 + seed * 13 % 4000;
  return options;
}

/// What each chunk was and when it came.
std::string transcript(std::uint64_t seed) {
  test_loop loop;
  stream_pair pair(loop, slow(seed));
  memory_source source(loop, text_of(1, 20'000), 3000);
  std::string seen;
  const auto reader = [&]() -> task<void> {
    while (true) {
      const shared_bytes chunk = co_await pair.second->source().read();
      if (chunk.empty()) break;
      seen +=
          std::to_string(chunk.size()) + "@" + std::to_string(loop.now().time_since_epoch().count()) + " ";
    }
  };
  auto reading = reader();
  pipeline(loop, source, *pair.first).detach();
  loop.run();
  return seen;
}

TEST(StreamPair, CarriesBytesBothWays) {
  test_loop loop;
  stream_pair pair(loop);
  order seen;
  const auto ping = [&]() -> task<void> {
    co_await pair.first->sink().write(shared_bytes("ping"));
    co_await pair.first->sink().end();
    const std::string answer = co_await collect(loop, pair.first->source());
    seen("answer " + answer);
  };
  const auto pong = [&]() -> task<void> {
    const std::string question = co_await collect(loop, pair.second->source());
    seen("question " + question);
    co_await pair.second->sink().write(shared_bytes("pong"));
    co_await pair.second->sink().end();
  };
  auto first = ping();
  auto second = pong();
  loop.run();
  EXPECT_EQ(seen, (order{"question ping", "answer pong"}));
}

// B17, C10
TEST(StreamPair, KeepsOrderAndEveryByteWhateverTheSeed) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    test_loop loop;
    stream_pair pair(loop, slow(seed));
    const std::string sent = text_of(seed, 1000 + seed * 173 % 30'000);
    memory_source source(loop, sent, 1 + seed * 7919 % 20'000);
    std::string echoed;
    pipeline(loop, source, *pair.first).detach();
    pipeline(loop, *pair.second, *pair.second).detach();
    collect(loop, pair.first->source(), [&](const error& failure, std::string all) {
      EXPECT_FALSE(failure);
      echoed = std::move(all);
    });
    loop.run();
    ASSERT_EQ(echoed.size(), sent.size()) << "seed " << seed;
    ASSERT_TRUE(echoed == sent) << "seed " << seed;
  }
}

TEST(StreamPair, DoesTheSameForTheSameSeedAndAnotherForAnother) {
  EXPECT_EQ(transcript(7), transcript(7));
  EXPECT_NE(transcript(7), transcript(8));
}

TEST(StreamPair, SplitsAndDelays) {
  const std::string seen = transcript(3);
  EXPECT_GT(std::count(seen.begin(), seen.end(), ' '), 20);
}

TEST(StreamPair, HoldsNoMoreThanItsWindowAndTheSinksMark) {
  test_loop loop;
  pair_options options(1);
  options.window = 1000;
  options.streams.high_water_mark = 100;
  stream_pair pair(loop, options);
  writable& sink = pair.first->sink();
  std::size_t written = 0;
  while (sink.write(shared_bytes(std::string(10, 'x')))) written += 10;
  loop.poll();
  EXPECT_EQ(written, 1000u + 90u);
  EXPECT_EQ(sink.buffered(), 100u) << "the chunk that reached the mark included";
  bool drained = false;
  sink.drained([&](const error&) { drained = true; });
  loop.poll();
  EXPECT_FALSE(drained);
  const auto reader = [&]() -> task<void> {
    for (std::size_t read = 0; read < 20;) {
      const shared_bytes some = co_await pair.second->source().read();
      read += some.size();
    }
  };
  auto reading = reader();
  loop.run();
  EXPECT_TRUE(drained);
  pair.first.reset();  // before its reader, or what it still holds would be lost by a failure
}

TEST(StreamPair, ClosesOneDirectionAndKeepsTheOther) {
  test_loop loop;
  stream_pair pair(loop);
  order seen;
  const auto work = [&]() -> task<void> {
    co_await pair.first->sink().end();
    const shared_bytes end = co_await pair.second->source().read();
    seen(end.empty() ? "end" : "bytes");
    co_await pair.second->sink().write(shared_bytes("x"));
    const shared_bytes answer = co_await pair.first->source().read();
    seen(answer.view());
  };
  auto running = work();
  loop.run();
  EXPECT_EQ(seen, (order{"end", "x"}));
}

// C10
TEST(StreamPair, ResetsAtAnyByte) {
  for (std::uint64_t at = 0; at <= 100; ++at) {
    test_loop loop;
    pair_options options(at + 1);
    options.max_piece = 7;
    options.to_second.reset_at = at;
    stream_pair pair(loop, options);
    memory_source source(loop, std::string(200, 'x'), 30);
    error writing, back;
    std::uint64_t read = 0;
    result<void> outcome;
    pipeline(loop, source, *pair.first, [&](const error& failure) { writing = failure; });
    pair.first->source().read([&](const error& failure, shared_bytes) { back = failure; });
    const auto reader = [&]() -> task<void> {
      while (true) {
        const shared_bytes chunk = co_await pair.second->source().read();
        read += chunk.size();
      }
    };
    auto reading = reader();
    const auto join = [&]() -> task<void> { outcome = co_await as_result(std::move(reading)); };
    auto joined = join();
    loop.run();
    EXPECT_EQ(read, at);
    EXPECT_EQ(writing, system_error(std::errc::connection_reset)) << at;
    EXPECT_EQ(back, system_error(std::errc::connection_reset)) << at;
    EXPECT_EQ(outcome.error(), system_error(std::errc::connection_reset)) << at;
    EXPECT_TRUE(source.destroyed());
  }
}

TEST(StreamPair, ResetsByChance) {
  int resets = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    test_loop loop;
    pair_options options(seed);
    options.to_second.reset_chance = 0.5;
    stream_pair pair(loop, options);
    memory_source source(loop, "x");
    pipeline(loop, source, *pair.first, [](const error&) {});
    collect(loop, pair.second->source(),
            [&](const error& failure, std::string) { resets += failure ? 1 : 0; });
    loop.run();
  }
  EXPECT_GT(resets, 30);
  EXPECT_LT(resets, 70);
}

TEST(StreamPair, StallsAtAByteAndBringsNotEvenTheEnd) {
  test_loop loop;
  pair_options options(1);
  options.to_second.stall_at = 10;
  stream_pair pair(loop, options);
  memory_source source(loop, std::string(100, 'x'), 30);
  const context_ptr patience = context::make({});
  error got;
  loop.run_in(patience,
              [&] { pipeline(loop, source, *pair.first, [&](const error& failure) { got = failure; }); });
  std::size_t read = 0;
  const auto reader = [&]() -> task<void> {
    while (true) {
      const shared_bytes chunk = co_await pair.second->source().read();
      if (chunk.empty()) break;
      read += chunk.size();
    }
  };
  auto reading = reader();
  loop.set_timeout(1h, [&] {
    EXPECT_EQ(read, 10u);
    EXPECT_FALSE(reading.done());
    patience->request_stop(errc::timed_out);
  });
  loop.on_uncaught([](const error&) {});
  loop.run();
  EXPECT_EQ(got, errc::timed_out);
}

TEST(StreamPair, AnEndThatGoesClosesItsDirectionAfterWhatIsUnderWay) {
  test_loop loop;
  pair_options options(1);
  options.min_delay = options.max_delay = 1s;
  stream_pair pair(loop, options);
  static_cast<void>(pair.first->sink().write(shared_bytes("last words")));
  pair.first.reset();
  std::string got;
  collect(loop, pair.second->source(), [&](const error& failure, std::string all) {
    EXPECT_FALSE(failure);
    got = std::move(all);
  });
  error broken;
  loop.run();
  EXPECT_EQ(got, "last words");
  pair.second->sink().write(shared_bytes("hello?"), [&](const error& failure) { broken = failure; });
  loop.run();
  EXPECT_EQ(broken, system_error(std::errc::broken_pipe));
}

TEST(StreamPair, ASinkDestroyedWithAnErrorResets) {
  test_loop loop;
  stream_pair pair(loop);
  error got;
  pair.second->source().read([&](const error& failure, shared_bytes) { got = failure; });
  pair.first->sink().destroy(errc::canceled);
  loop.run();
  EXPECT_EQ(got, system_error(std::errc::connection_reset));
  EXPECT_EQ(pair.first->source().failure(), system_error(std::errc::connection_reset));
}

// The header's own example: an echo.
TEST(StreamPair, AResetIsNoNewsToWhoWasToldByAPipelineOrNeverWrote) {
  for (const bool echoes : {true, false}) {
    for (std::uint64_t at = 1; at <= 100; at += 9) {
      test_loop loop;
      loop.on_uncaught([](const error& failure) { ADD_FAILURE() << failure.message(); });
      pair_options options(at);
      options.to_second.reset_at = at;
      stream_pair pair(loop, options);
      memory_source source(loop, std::string(200, 'x'), 30);
      error told;
      pipeline(loop, source, *pair.first, [](const error&) {});
      if (echoes) {
        pipeline(loop, *pair.second, *pair.second, [&](const error& failure) { told = failure; });
      } else {
        collect(loop, pair.second->source(), [&](const error& failure, std::string) { told = failure; });
      }
      loop.run();
      EXPECT_EQ(told, system_error(std::errc::connection_reset));
    }
  }
}

}  // namespace
}  // namespace trireme
