#include <trireme/core/shared_bytes.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace trireme {
namespace {

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

}  // namespace
}  // namespace trireme
