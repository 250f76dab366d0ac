// C01: every asynchronous operation of core as an error-first callback, as a promise, and as `co_await`. The
// list is checked when it compiles; tools/lint/styles.py holds it against the headers, so that none is
// missing.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <trireme/core/completion.hpp>
#include <trireme/core/dns.hpp>
#include <trireme/core/fs.hpp>
#include <trireme/core/fs/stream.hpp>
#include <trireme/core/memory_stream.hpp>
#include <trireme/core/pipeline.hpp>
#include <trireme/core/scope.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

namespace trireme {

// Never run: they lend their types.
namespace lent {
loop& on();
std::string text();
scope& work();
fs::file& opened();
dns::lookup_cache& names();
readable& source();
writable& sink();
}  // namespace lent

namespace {

using namespace std::chrono_literals;
using namespace lent;
using testing::order;
using testing::test_loop;

template <class Operation>
concept awaitable = requires(Operation operation) {
  std::move(operation).operator co_await();
  as_result(std::move(operation));
};
template <class Operation, class T>
concept is_promise = std::is_same_v<Operation, promise<T>>;
template <class Operation, class T>
concept makes_promise = requires(Operation operation) {
  { std::move(operation).as_promise() } -> std::same_as<promise<T>>;
};

/// `Start` calls the operation with its arguments and with what it is given behind them: nothing, or a
/// callback.
template <class T, class Start>
constexpr bool in_three_styles(Start) {
  using started = std::invoke_result_t<Start>;
  return awaitable<started> && (is_promise<started, T> || makes_promise<started, T>)&&  //
         std::is_void_v<std::invoke_result_t<Start, callback_of<T>>>;
}

static_assert(in_three_styles<void>([](auto... done) { return sleep_for(on(), 1s, std::move(done)...); }));
static_assert(in_three_styles<void>([](auto... done) {
  return sleep_until(on(), time_point(), std::move(done)...);
}));
static_assert(in_three_styles<void>([](auto... done) { return work().join(std::move(done)...); }));

static_assert(in_three_styles<std::string>([](auto... done) {
  return fs::read_file(on(), text(), fs::read_options(), std::move(done)...);
}));
static_assert(in_three_styles<std::string>([](auto... done) {
  return fs::read_file(on(), text(), std::move(done)...);
}));
static_assert(in_three_styles<void>([](auto... done) {
  return fs::write_file(on(), text(), text(), std::move(done)...);
}));
static_assert(in_three_styles<void>([](auto... done) {
  return fs::append_file(on(), text(), text(), std::move(done)...);
}));
static_assert(in_three_styles<void>([](auto... done) {
  return fs::copy_file(on(), text(), text(), std::move(done)...);
}));
static_assert(in_three_styles<fs::file_info>([](auto... done) {
  return fs::stat(on(), text(), std::move(done)...);
}));
static_assert(in_three_styles<fs::file_info>([](auto... done) {
  return fs::lstat(on(), text(), std::move(done)...);
}));
static_assert(in_three_styles<bool>([](auto... done) {
  return fs::exists(on(), text(), std::move(done)...);
}));
static_assert(in_three_styles<void>([](auto... done) {
  return fs::access(on(), text(), std::move(done)...);
}));
static_assert(in_three_styles<std::string>([](auto... done) {
  return fs::real_path(on(), text(), std::move(done)...);
}));
static_assert(in_three_styles<std::vector<fs::directory_entry>>([](auto... done) {
  return fs::read_directory(on(), text(), std::move(done)...);
}));
static_assert(in_three_styles<void>([](auto... done) {
  return fs::make_directory(on(), text(), std::move(done)...);
}));
static_assert(in_three_styles<std::string>([](auto... done) {
  return fs::make_temporary_directory(on(), text(), std::move(done)...);
}));
static_assert(in_three_styles<void>([](auto... done) {
  return fs::remove(on(), text(), std::move(done)...);
}));
static_assert(in_three_styles<void>([](auto... done) {
  return fs::rename(on(), text(), text(), std::move(done)...);
}));

static_assert(in_three_styles<fs::file>([](auto... done) {
  return fs::open(on(), text(), fs::open_mode::read, std::move(done)...);
}));
static_assert(in_three_styles<std::string>([](auto... done) {
  return opened().read(1, std::move(done)...);
}));
static_assert(in_three_styles<std::string>([](auto... done) {
  return opened().read_at(1, 1, std::move(done)...);
}));
static_assert(in_three_styles<void>([](auto... done) { return opened().write(text(), std::move(done)...); }));
static_assert(in_three_styles<void>([](auto... done) {
  return opened().write_at(1, text(), std::move(done)...);
}));
static_assert(in_three_styles<void>([](auto... done) { return opened().sync(std::move(done)...); }));
static_assert(in_three_styles<void>([](auto... done) { return opened().truncate(1, std::move(done)...); }));
static_assert(in_three_styles<fs::file_info>([](auto... done) { return opened().stat(std::move(done)...); }));
static_assert(in_three_styles<void>([](auto... done) { return opened().close(std::move(done)...); }));

static_assert(in_three_styles<std::vector<dns::address>>([](auto... done) {
  return dns::lookup(on(), text(), std::move(done)...);
}));
static_assert(in_three_styles<std::vector<dns::address>>([](auto... done) {
  return names().lookup(text(), dns::lookup_options(), std::move(done)...);
}));

static_assert(in_three_styles<shared_bytes>([](auto... done) { return source().read(std::move(done)...); }));
static_assert(in_three_styles<void>([](auto... done) { return sink().drained(std::move(done)...); }));
static_assert(in_three_styles<void>([](auto... done) { return sink().end(std::move(done)...); }));
static_assert(in_three_styles<std::string>([](auto... done) {
  return collect(on(), source(), std::move(done)...);
}));
static_assert(in_three_styles<void>([](auto... done) {
  return pipeline(on(), source(), sink(), std::move(done)...);
}));
// `writable::write` says at once whether there is room; to wait for it is `co_await`, `drained`, or its
// callback.
static_assert(awaitable<decltype(sink().write(shared_bytes()))>);
static_assert(std::is_void_v<decltype(sink().write(shared_bytes(), callback_of<void>()))>);

TEST(ThreeStyles, OfOneOperationBringTheSame) {
  test_loop loop;
  order seen;
  const auto awaiting = [&]() -> task<void> {
    co_await sleep_for(loop, 1ms);
    seen("task");
  };
  sleep_for(loop, 1ms, [&](const error& failure) { seen(failure ? "failed" : "callback"); });
  sleep_for(loop, 1ms).as_promise().then([&] { seen("promise"); }).detach();
  const auto running = awaiting();
  loop.run();
  EXPECT_EQ(seen, (order{"callback", "promise", "task"}));
}

}  // namespace
}  // namespace trireme
