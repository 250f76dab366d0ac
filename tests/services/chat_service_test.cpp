#include "chat/chat_service.hpp"

#include <sqlite3.h>

#include "services/chat_fixture.hpp"

namespace trireme::testing {
namespace {

class ChatTest : public chat_fixture {};

TEST_F(ChatTest, WelcomesFirstWithWhoIsHereAndWhatWasSaid) {
  const auto ann = enter("den", "ann");
  EXPECT_EQ(say("den", ann->id(), "one"), "1");
  EXPECT_EQ(say("den", ann->id(), "two"), "2");
  const auto bob = enter("den", "bob");
  EXPECT_EQ(bob->heard, (order{"welcome bob, here ann bob, said [1 ann: one, 2 ann: two]"}));
  EXPECT_EQ(ann->heard, (order{"welcome ann, here ann, said []", "1 ann: one", "2 ann: two", "bob came"}));
  EXPECT_GT(bob->id(), ann->id());
}

TEST_F(ChatTest, BeginsWithAsMuchHistoryAsWasAskedFor) {
  const auto ann = enter("den", "ann");
  for (int count = 0; count < 210; ++count) say("den", ann->id(), "t");
  const auto lengths = [this](std::uint32_t asked) {
    return enter("den", "n", asked)->events().front().welcome().history_size();
  };
  EXPECT_EQ(lengths(0), 50);
  EXPECT_EQ(lengths(1), 1);
  EXPECT_EQ(lengths(200), 200);
  EXPECT_EQ(lengths(201), 200);
  EXPECT_EQ(lengths(4'000'000'000), 200);
}

TEST_F(ChatTest, TellsEveryoneWhatIsSaidTheSpeakerToo) {
  const auto ann = enter("den", "ann");
  const auto bob = enter("den", "bob");
  const auto far = enter("attic", "far");
  EXPECT_EQ(say("den", ann->id(), "hi"), "1");
  EXPECT_EQ(say("den", bob->id(), "yo"), "2");
  EXPECT_EQ(say("attic", far->id(), "hm"), "1");
  EXPECT_EQ(ann->heard, (order{"welcome ann, here ann, said []", "bob came", "1 ann: hi", "2 bob: yo"}));
  EXPECT_EQ(bob->heard, (order{"welcome bob, here ann bob, said []", "1 ann: hi", "2 bob: yo"}));
  EXPECT_EQ(far->heard, (order{"welcome far, here far, said []", "1 far: hm"}));
  EXPECT_EQ(said("den"), "1 ann: hi, 2 bob: yo");
}

TEST_F(ChatTest, EndsTheStayOfWhoeverLeavesWithOk) {
  const auto ann = enter("den", "ann");
  const auto bob = enter("den", "bob");
  EXPECT_EQ(leave("den", bob->id()), "left");
  EXPECT_EQ(bob->heard.events().back(), "end");
  EXPECT_EQ(ann->heard, (order{"welcome ann, here ann, said []", "bob came", "bob left"}));
  EXPECT_EQ(who("den"), "ann");
  EXPECT_EQ(leave("den", bob->id()).rfind("not_found: member: ", 0), 0u);
}

TEST_F(ChatTest, EndsEveryStayWhenItClosesAndTakesNoNewOnes) {
  const auto ann = enter("den", "ann");
  const auto bob = enter("hut", "bob");
  rooms->close();
  settle();
  EXPECT_EQ(ann->heard.events().back(), "unavailable: the server is shutting down");
  EXPECT_EQ(bob->heard.events().back(), "unavailable: the server is shutting down");
  const auto late = enter("den", "late");
  EXPECT_EQ(late->heard, (order{"unavailable: the server is shutting down"}));
  EXPECT_EQ(server.active(), 0u);
}

TEST_F(ChatTest, TakesACancelledStayForADeparture) {
  const auto ann = enter("den", "ann");
  const auto bob = enter("den", "bob");
  bob->cancel();
  settle();
  EXPECT_EQ(bob->heard.events().back().rfind("canceled: ", 0), 0u);
  EXPECT_EQ(ann->heard, (order{"welcome ann, here ann, said []", "bob came", "bob left"}));
  auto cut = enter("den", "cut");
  cut.reset();
  settle();
  EXPECT_EQ(ann->heard.events().back(), "cut left");
  EXPECT_EQ(who("den"), "ann");
  EXPECT_EQ(server.active(), 1u);
}

TEST_F(ChatTest, ForgetsSomeoneWhoGoesBeforeTheWelcome) {
  const auto ann = enter("den", "ann");
  {
    const guest hasty(client, join_request("den", "hasty"));
    owner.poll();
  }
  settle();
  EXPECT_EQ(ann->heard, (order{"welcome ann, here ann, said []", "hasty came", "hasty left"}));
  EXPECT_EQ(who("den"), "ann");
  EXPECT_EQ(server.active(), 1u);
}

TEST_F(ChatTest, LetsNobodySpeakOrLeaveWhoIsNotInTheRoom) {
  const auto ann = enter("den", "ann");
  const auto bob = enter("attic", "bob");
  const std::string stranger = std::to_string(bob->id());
  EXPECT_EQ(say("den", bob->id(), "hi"),
            "not_found: member: nobody with the id " + stranger + " is in this room");
  EXPECT_EQ(say("void", bob->id(), "hi"),
            "not_found: member: nobody with the id " + stranger + " is in this room");
  EXPECT_EQ(say("den", 0, "hi"), "not_found: member: nobody with the id 0 is in this room");
  EXPECT_EQ(leave("den", bob->id()),
            "not_found: member: nobody with the id " + stranger + " is in this room");
  EXPECT_EQ(said("den"), "");
  EXPECT_EQ(who("attic"), "bob");
}

TEST_F(ChatTest, NamesTheFieldThatIsWrong) {
  const auto ann = enter("den", "ann");
  EXPECT_EQ(enter("a b", "ann")->heard,
            (order{"invalid_argument: room: must be 1 to 64 letters, digits, '-', '_' or '.'"}));
  EXPECT_EQ(enter("den", " ")->heard,
            (order{"invalid_argument: name: must be 1 to 32 characters, not only blanks"}));
  EXPECT_EQ(say("den", ann->id(), ""), "invalid_argument: text: must be 1 to 4,000 bytes, not only blanks");
  EXPECT_EQ(say("", ann->id(), "hi").rfind("invalid_argument: room: ", 0), 0u);
  EXPECT_EQ(leave("?", ann->id()).rfind("invalid_argument: room: ", 0), 0u);
  EXPECT_EQ(who("?").rfind("invalid_argument: room: ", 0), 0u);
  EXPECT_EQ(said("?").rfind("invalid_argument: room: ", 0), 0u);
  EXPECT_EQ(who("den"), "ann");
}

TEST_F(ChatTest, PagesThroughTheHistory) {
  const auto ann = enter("den", "ann");
  for (const auto* text : {"a", "b", "c", "d"}) say("den", ann->id(), text);
  EXPECT_EQ(said("den", 0, 2), "3 ann: c, 4 ann: d");
  EXPECT_EQ(said("den", 3, 2), "1 ann: a, 2 ann: b");
  EXPECT_EQ(said("den", 1, 2), "");
  EXPECT_EQ(said("attic"), "");
}

TEST_F(ChatTest, EndsARoomWithItsLastMemberAndKeepsWhatWasSaid) {
  auto ann = enter("den", "ann");
  say("den", ann->id(), "hi");
  ann.reset();
  settle();
  EXPECT_EQ(who("den"), "");
  EXPECT_EQ(server.active(), 0u);
  const auto bob = enter("den", "bob");
  EXPECT_EQ(bob->heard, (order{"welcome bob, here bob, said [1 ann: hi]"}));
}

TEST_F(ChatTest, EndsAStayThatDoesNotTakeWhatItAskedForAndSparesTheOthers) {
  const auto ann = enter("den", "ann");
  auto deaf = client.Join(join_request("den", "deaf"));
  settle();
  for (int count = 1; count <= 100; ++count) ASSERT_EQ(say("den", ann->id(), "t"), std::to_string(count));
  EXPECT_EQ(who("den"), "ann");
  EXPECT_EQ(ann->events().size(), 103u);
  EXPECT_EQ(ann->heard.events()[1], "deaf came");
}

TEST_F(ChatTest, LetsNobodyInWhereTheHistoryFails) {
  const auto ann = enter("den", "ann");
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "chat.db").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "DROP TABLE said", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_EQ(say("den", ann->id(), "hi").find(folder.path()), std::string::npos);
  EXPECT_EQ(enter("den", "bob")->heard.events().back().rfind("internal: ", 0), 0u);
  EXPECT_EQ(ann->heard, (order{"welcome ann, here ann, said []", "bob came", "bob left"}));
  EXPECT_EQ(who("den"), "ann");
}

class SmallChatTest : public chat_fixture {
protected:
  SmallChatTest() : chat_fixture(two_by_two()) {}
  static services::chat::chat_options two_by_two() {
    services::chat::chat_options options;
    options.max_rooms = 2;
    options.max_members = 2;
    return options;
  }
};

TEST_F(SmallChatTest, LimitsRoomsAndTheirMembersAndMakesPlaceAgain) {
  auto ann = enter("a", "ann");
  const auto bob = enter("a", "bob");
  EXPECT_EQ(enter("a", "cid")->heard, (order{"resource_exhausted: the room is full"}));
  auto dan = enter("b", "dan");
  EXPECT_EQ(enter("c", "eve")->heard, (order{"resource_exhausted: too many rooms"}));
  ann.reset();
  dan.reset();
  settle();
  EXPECT_EQ(enter("a", "cid")->heard, (order{"welcome cid, here bob cid, said []"}));
  EXPECT_EQ(enter("c", "eve")->heard, (order{"welcome eve, here eve, said []"}));
}

}  // namespace
}  // namespace trireme::testing
