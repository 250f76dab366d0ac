#include <map>
#include <random>
#include <vector>

#include "services/chat_fixture.hpp"

namespace trireme::testing {
namespace {

/// One room in which people come, talk and go while loop and history take their steps in any order.
class ChatOrderTest : public chat_fixture, public ::testing::WithParamInterface<unsigned> {
protected:
  void act() {
    switch (random() % 8) {
      case 0:
        return come();
      case 1:
        return go();
      case 2:
      case 3:
      case 4:
        return talk();
      case 5:
        return void(host.step());
      default:
        return void(owner.poll());
    }
  }
  void come() {
    if (present.size() >= 6) return;
    present.push_back(
        std::make_unique<guest>(client, join_request("den", "n" + std::to_string(++came), 200)));
  }
  void go() {
    if (present.empty()) return;
    const std::size_t which = random() % present.size();
    present[which]->cancel();
    gone.push_back(std::move(present[which]));
    present.erase(present.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void talk() {
    if (present.empty() || said_count >= 190) return;
    const guest& speaker = *present[random() % present.size()];
    if (speaker.id() == 0) return;
    ++said_count;
    client.Say(say_request("den", speaker.id(), std::to_string(said_count)))
        .then([this](const v1::SayReply& reply) { acknowledged.push_back(reply.id()); }, [](const error&) {})
        .detach();
  }

  std::mt19937 random{GetParam()};
  std::vector<std::unique_ptr<guest>> present;
  std::vector<std::unique_ptr<guest>> gone;
  std::vector<std::uint64_t> acknowledged;
  int came = 0;
  int said_count = 0;
};

/// What one guest knows of what was said: that of the welcome, then that of the events.
std::vector<std::uint64_t> said_to(const guest& who) {
  std::vector<std::uint64_t> ids;
  for (const v1::Event& event : who.events()) {
    for (const auto& each : event.welcome().history()) ids.push_back(each.id());
    if (event.has_said()) ids.push_back(event.said().id());
  }
  return ids;
}

/// Who is here as one guest knows it; a contradiction in `wrong`.
std::string here_for(const guest& who, std::string& wrong) {
  std::map<std::uint64_t, std::string> here;
  for (const v1::Event& event : who.events()) {
    for (const auto& each : event.welcome().members()) here.emplace(each.id(), each.name());
    if (event.has_joined() && !here.emplace(event.joined().id(), event.joined().name()).second) {
      wrong += event.joined().name() + " came twice; ";
    }
    if (event.has_left() && here.erase(event.left().id()) == 0)
      wrong += event.left().name() + " left unseen; ";
  }
  std::string all;
  for (const auto& [id, name] : here) all += (all.empty() ? "" : " ") + name;
  return all;
}

std::vector<std::uint64_t> up_to(std::uint64_t last) {
  std::vector<std::uint64_t> ids;
  for (std::uint64_t id = 1; id <= last; ++id) ids.push_back(id);
  return ids;
}

TEST_P(ChatOrderTest, LosesAndDoublesNothingBetweenHistoryAndEvents) {
  for (int action = 0; action < 600; ++action) act();
  settle();
  const std::string members = who("den");
  ASSERT_EQ(acknowledged, up_to(acknowledged.size()));
  for (const auto& each : gone) {
    const auto ids = said_to(*each);
    EXPECT_EQ(ids, up_to(ids.size()));
  }
  std::string wrong;
  for (const auto& each : present) {
    ASSERT_FALSE(each->events().empty());
    EXPECT_TRUE(each->events().front().has_welcome());
    EXPECT_EQ(said_to(*each), up_to(acknowledged.size()));
    EXPECT_EQ(here_for(*each, wrong), members);
  }
  EXPECT_EQ(wrong, "");
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChatOrderTest, ::testing::Range(1u, 41u));

}  // namespace
}  // namespace trireme::testing
