#include <trireme/core/result.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace {

using trireme::errc;
using trireme::error;
using trireme::result;

TEST(Result, HoldsAValue) {
  result<std::string> given = std::string("value");
  EXPECT_TRUE(given);
  EXPECT_EQ(*given, "value");
  EXPECT_EQ(given->size(), 5u);
  EXPECT_EQ(given.value(), "value");
  EXPECT_FALSE(given.error());
}

TEST(Result, HoldsAnError) {
  const result<int> failed = error(errc::full);
  EXPECT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error(), errc::full);
  EXPECT_THROW(static_cast<void>(failed.value()), error);
}

TEST(Result, MovesItsValueOut) {
  result<std::unique_ptr<int>> given = std::make_unique<int>(3);
  const auto taken = std::move(given).value();
  EXPECT_EQ(*taken, 3);
}

TEST(Result, OfVoidIsSuccessOrAnError) {
  const result<void> success;
  EXPECT_TRUE(success);
  EXPECT_NO_THROW(success.value());
  const result<void> failed = error(errc::closed);
  EXPECT_FALSE(failed);
  EXPECT_THROW(failed.value(), error);
}

TEST(Result, OfAnErrorThatIsNoneHasFailed) {
  const result<int> failed = error();
  EXPECT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error(), errc::failed);
}

TEST(ResultDeathTest, StopsWhereAMissingValueIsRead) {
  const result<int> failed = error(errc::full);
  EXPECT_DEATH(static_cast<void>(*failed), "has_value");
}

}  // namespace
