#include "chat/room.hpp"

#include <gtest/gtest.h>

#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

#include "services/chat_words.hpp"

namespace trireme::services::chat {
namespace {

using testing::order;

/// Writes down what a room tells.
class eavesdropper final : public proto::topic_follower {
public:
  explicit eavesdropper(order& log) noexcept : log_(log) {}
  void on_publish(proto::publication& published) override {
    log_(testing::words(static_cast<const trireme::chat::v1::Event&>(published.message())));
  }

private:
  order& log_;
};

trireme::chat::v1::Member member(std::uint64_t id, const std::string& name) {
  trireme::chat::v1::Member made;
  made.set_id(id);
  made.set_name(name);
  return made;
}

TEST(Room, TellsOfArrivalsWordsAndDeparturesInOrder) {
  testing::test_loop owner;
  order log;
  room place(owner, "den");
  eavesdropper ear(log);
  place.events().follow(ear);
  promise<void> ann_left = place.enter(member(3, "ann"));
  place.enter(member(7, "bob")).detach();
  trireme::chat::v1::Said said;
  said.set_id(1);
  said.set_name("bob");
  said.set_text("hi");
  place.publish(said);
  EXPECT_EQ(place.size(), 2u);
  EXPECT_FALSE(ann_left.settled());
  EXPECT_TRUE(place.leave(3));
  EXPECT_TRUE(ann_left.settled());
  EXPECT_FALSE(place.leave(3));
  EXPECT_FALSE(place.empty());
  EXPECT_TRUE(place.leave(7));
  EXPECT_TRUE(place.empty());
  EXPECT_EQ(log, (order{"ann came", "bob came", "1 bob: hi", "ann left", "bob left"}));
}

TEST(Room, KnowsItsMembersInOrderOfArrival) {
  testing::test_loop owner;
  room place(owner, "den");
  for (const std::uint64_t id : {2, 5, 9}) place.enter(member(id, "n" + std::to_string(id))).detach();
  place.leave(5);
  place.enter(member(11, "n11")).detach();
  order here;
  place.for_each([&](const trireme::chat::v1::Member& who) { here(who.name()); });
  EXPECT_EQ(here, (order{"n2", "n9", "n11"}));
  ASSERT_NE(place.find(9), nullptr);
  EXPECT_EQ(place.find(9)->name(), "n9");
  EXPECT_EQ(place.find(5), nullptr);
  EXPECT_EQ(place.name(), "den");
}

}  // namespace
}  // namespace trireme::services::chat
