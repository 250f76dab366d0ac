#include <trireme/proto/metadata.hpp>

#include <gtest/gtest.h>

#include <trireme/core/error.hpp>

namespace trireme::proto {
namespace {

TEST(Metadata, KeepsOrderAndRepetitionsWithNamesInLowerCase) {
  metadata set;
  set.add("X-Trace", "1");
  set.add("other", "2");
  set.add("x-trace", "3");
  EXPECT_EQ(set, (metadata{{"x-trace", "1"}, {"other", "2"}, {"x-trace", "3"}}));
  EXPECT_EQ(*set.find("x-trace"), "1");
  EXPECT_EQ(set.find("absent"), nullptr);
}

TEST(Metadata, ReplacesAllOfANameWhereItIsSet) {
  metadata set{{"a", "1"}, {"b", "2"}, {"a", "3"}};
  set.set("A", "4");
  EXPECT_EQ(set, (metadata{{"b", "2"}, {"a", "4"}}));
}

TEST(Metadata, RefusesWhatWouldSmuggleALineIntoAHeader) {
  metadata set;
  EXPECT_THROW(set.add("a", "1\r\nb: 2"), error);
  EXPECT_THROW(set.add("a b", "1"), error);
  EXPECT_THROW(set.add("", "1"), error);
  EXPECT_THROW(set.set("a", std::string_view("\0", 1)), error);
  EXPECT_TRUE(set.empty());
}

}  // namespace
}  // namespace trireme::proto
