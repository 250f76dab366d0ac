#include <trireme/core/shared_bytes.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <trireme/core/sendable.hpp>
#include <utility>
#include <vector>

namespace trireme {
namespace {

static_assert(sendable<shared_bytes>);
static_assert(std::is_nothrow_move_constructible_v<shared_bytes>);

const std::string long_text(1000, 'x');

TEST(SharedBytes, MovedFromIsEmpty) {
  shared_bytes first(std::string(100, 'x'));
  shared_bytes second = std::move(first);
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(second.size(), 100u);
  shared_bytes third("other");
  third = std::move(second);
  EXPECT_TRUE(second.empty());
  EXPECT_EQ(third.view(), std::string(100, 'x'));
  shared_bytes& same = third;
  third = std::move(same);
  EXPECT_EQ(third.view(), std::string(100, 'x'));
}

TEST(SharedBytes, AreSharedByCopiesAndSlices) {
  const shared_bytes whole("0123456789");
  const shared_bytes copy = whole;
  const shared_bytes part = whole.slice(2, 3);
  EXPECT_EQ(copy.data(), whole.data());
  EXPECT_EQ(part.view(), "234");
  EXPECT_EQ(part.data(), whole.data() + 2);
}

TEST(SharedBytes, AreEmptyByDefault) {
  const shared_bytes none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.size(), 0u);
  EXPECT_TRUE(none.slice(0).empty());
  EXPECT_TRUE(none.compact().empty());
}

TEST(SharedBytes, TakeTheMemoryOfAStringAndOfAVector) {
  std::string text = long_text;
  std::vector<char> bytes(1000, 'v');
  const char* const text_at = text.data();
  const char* const bytes_at = bytes.data();
  const shared_bytes from_text(std::move(text));
  const shared_bytes from_bytes(std::move(bytes));
  EXPECT_EQ(from_text.data(), text_at);
  EXPECT_EQ(from_bytes.data(), bytes_at);
  EXPECT_EQ(from_bytes.view(), std::string(1000, 'v'));
}

TEST(SharedBytes, KeepAnOwnerOfAnyTypeUntilTheLastSliceGoes) {
  struct slab {
    explicit slab(bool& gone) : gone_(gone) {}
    ~slab() { gone_ = true; }
    char bytes[8] = {'0', '1', '2', '3', '4', '5', '6', '7'};
    bool& gone_;
  };
  bool gone = false;
  auto owner = std::make_shared<const slab>(gone);
  shared_bytes whole(owner, owner->bytes);
  EXPECT_EQ(whole.data(), owner->bytes);
  owner.reset();
  shared_bytes part = whole.slice(6);
  whole = shared_bytes();
  EXPECT_FALSE(gone);
  EXPECT_EQ(part.view(), "67");
  part = shared_bytes();
  EXPECT_TRUE(gone);
}

TEST(SharedBytes, AreCopiedOnlyWhereTheNameSaysSo) {
  const shared_bytes copy = shared_bytes::copy_of(long_text);
  EXPECT_NE(copy.data(), long_text.data());
  EXPECT_EQ(copy.view(), long_text);
}

TEST(SharedBytes, LetTheWholeGoWhereASliceIsCompacted) {
  auto owner = std::make_shared<const std::string>(long_text);
  const std::weak_ptr<const std::string> seen = owner;
  shared_bytes whole(owner, *owner);
  owner.reset();
  const shared_bytes part = whole.slice(10, 3).compact();
  whole = shared_bytes();
  EXPECT_TRUE(seen.expired());
  EXPECT_EQ(part.view(), "xxx");
}

TEST(SharedBytes, RefuseASliceThatBeginsBehindTheEnd) {
  const shared_bytes bytes("0123");
  EXPECT_TRUE(bytes.slice(4).empty());
  EXPECT_EQ(bytes.slice(2, 100).view(), "23");
  EXPECT_THROW(static_cast<void>(bytes.slice(5)), std::out_of_range);
}

TEST(SharedBytes, OutliveTheThreadThatMadeThem) {
  shared_bytes from_there;
  std::thread maker([&] { from_there = shared_bytes(long_text).slice(1); });
  maker.join();
  std::vector<std::thread> readers;
  for (int each = 0; each < 4; ++each) {
    readers.emplace_back([mine = from_there] {
      for (int round = 0; round < 1000; ++round) EXPECT_EQ(shared_bytes(mine).slice(1).size(), 998u);
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(from_there.size(), 999u);
}

}  // namespace
}  // namespace trireme
