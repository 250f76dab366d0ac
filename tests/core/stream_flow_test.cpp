#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <trireme/core/loop.hpp>
#include <trireme/core/pipeline.hpp>
#include <trireme/core/testing/stream_pair.hpp>

namespace trireme {
namespace {

using testing::pair_options;
using testing::stream_pair;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t total = std::size_t{64} << 20;  // a gibibyte takes too long there
#else
constexpr std::size_t total = std::size_t{1} << 30;
#endif
constexpr std::size_t kib = 1024;

std::size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  }
  return 0;
}

/// Makes each chunk anew, as a file or a socket would.
std::unique_ptr<readable> fresh_chunks(loop& owner, std::size_t chunk) {
  return make_readable(owner, [chunk, left = total]() mutable -> std::optional<shared_bytes> {
    if (left == 0) return std::nullopt;
    const std::size_t size = std::min(left, chunk);
    left -= size;
    return shared_bytes(std::string(size, 'x'));
  });
}

/// Counts what comes, and looks at the memory now and then.
struct meter {
  void operator()(const shared_bytes& chunk) {
    received += chunk.size();
    if (received < next_look) return;
    next_look += total / 64;
    highest_kib = std::max(highest_kib, resident_kib());
  }
  std::size_t received = 0;
  std::size_t next_look = total / 64;
  std::size_t highest_kib = 0;
};

// B17, C10
TEST(StreamFlow, AGibibyteThroughAWindowOf64KiBTakesNoMoreThan8MiB) {
  loop owner;
  pair_options options(1);
  options.window = 64 * kib;
  options.max_piece = 64 * kib;
  stream_pair pair(owner, options);
  meter seen;
  const std::size_t before = resident_kib();
  pipeline(owner, fresh_chunks(owner, 64 * kib), *pair.first).detach();
  pipeline(owner, *pair.second, make_writable(owner, [&](shared_bytes chunk) { seen(chunk); })).detach();
  owner.run();
  EXPECT_EQ(seen.received, total);
  ASSERT_GT(before, 0u);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(seen.highest_kib, before + 8 * kib);  // a sanitizer keeps what was freed
#endif
}

}  // namespace
}  // namespace trireme
