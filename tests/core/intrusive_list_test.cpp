#include <trireme/core/detail/intrusive_list.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace {

using trireme::detail::list;
using trireme::detail::list_node;

struct item : list_node {
  explicit item(int given) : number(given) {}
  int number;
};

std::vector<int> taken(list<item>& from) {
  std::vector<int> numbers;
  while (!from.empty()) numbers.push_back(from.pop_front().number);
  return numbers;
}

TEST(IntrusiveList, IsFirstInFirstOut) {
  list<item> items;
  item a(1), b(2), c(3);
  EXPECT_TRUE(items.empty());
  for (item* each : {&a, &b, &c}) items.push_back(*each);
  EXPECT_TRUE(items.last_is(c));
  EXPECT_EQ(&items.front(), &a);
  EXPECT_EQ(taken(items), (std::vector{1, 2, 3}));
  EXPECT_FALSE(a.linked());
}

TEST(IntrusiveList, ForgetsAnItemThatIsDestroyed) {
  list<item> items;
  item a(1), c(3);
  items.push_back(a);
  auto b = std::make_unique<item>(2);
  items.push_back(*b);
  items.push_back(c);
  b.reset();
  EXPECT_EQ(taken(items), (std::vector{1, 3}));
}

TEST(IntrusiveList, MovesAnItemThatIsPushedAgain) {
  list<item> first, second;
  item a(1), b(2);
  first.push_back(a);
  first.push_back(b);
  first.push_back(a);
  EXPECT_EQ(first.front().number, 2);
  second.push_back(b);
  EXPECT_EQ(taken(first), (std::vector{1}));
  EXPECT_EQ(taken(second), (std::vector{2}));
}

TEST(IntrusiveList, SplicesToTheEnd) {
  list<item> first, second, empty;
  item a(1), b(2), c(3);
  first.push_back(a);
  second.push_back(b);
  second.push_back(c);
  first.splice(second);
  first.splice(empty);
  EXPECT_TRUE(second.empty());
  EXPECT_EQ(taken(first), (std::vector{1, 2, 3}));
  second.push_back(b);
  first.splice(second);
  EXPECT_EQ(taken(first), (std::vector{2}));
}

TEST(IntrusiveList, UnlinksItsItemsWhenItGoes) {
  item a(1);
  {
    list<item> items;
    items.push_back(a);
  }
  EXPECT_FALSE(a.linked());
}

}  // namespace
