#include <trireme/proto/topic.hpp>

#include <gtest/gtest.h>
#include <trireme/test/v1/echo.pb.h>

#include <memory>
#include <string>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

namespace trireme::proto {
namespace {

using test::v1::Text;

struct recorder final : topic_follower {
  recorder(std::string given_name, trireme::testing::order& given_log)
      : name(std::move(given_name)), log(given_log) {}
  void on_publish(publication& published) override {
    log(name + " " + static_cast<const Text&>(published.message()).text());
    if (const auto work = then) work();
  }
  void on_topic_end() override { log(name + " ended"); }
  std::string name;
  trireme::testing::order& log;
  std::function<void()> then;
};

class TopicTest : public ::testing::Test {
protected:
  void publish(std::string_view content) {
    Text message;
    message.set_text(std::string(content));
    events->publish(message);
  }
  trireme::testing::test_loop owner;
  trireme::testing::order log;
  std::unique_ptr<topic<Text>> events = std::make_unique<topic<Text>>(owner);
};

TEST_F(TopicTest, TellsItsFollowersInTheOrderOfFollowing) {
  recorder first("first", log);
  recorder second("second", log);
  events->follow(first);
  events->follow(second);
  publish("a");
  publish("b");
  EXPECT_EQ(log, (trireme::testing::order{"first a", "second a", "first b", "second b"}));
  EXPECT_EQ(events->size(), 2u);
}

TEST_F(TopicTest, HasAnIdOfItsOwn) {
  topic<Text> other(owner);
  EXPECT_NE(other.id(), 0u);
  EXPECT_NE(other.id(), events->id());
}

TEST_F(TopicTest, LetsFollowersComeGoAndPublishWhileItPublishes) {
  recorder first("first", log);
  auto second = std::make_unique<recorder>("second", log);
  recorder late("late", log);
  recorder last("last", log);
  events->follow(first);
  events->follow(*second);
  events->follow(last);
  first.then = [&] {
    first.then = nullptr;
    second.reset();
    events->follow(late);
    publish("b");
  };
  publish("a");
  EXPECT_EQ(log, (trireme::testing::order{"first a", "first b", "last b", "late b", "last a"}));
}

TEST_F(TopicTest, EndsForItsFollowersEvenWhileItPublishes) {
  recorder first("first", log);
  recorder second("second", log);
  events->follow(first);
  events->follow(second);
  first.then = [&] { events.reset(); };
  publish("a");
  EXPECT_EQ(log, (trireme::testing::order{"first a", "first ended", "second ended"}));
}

struct encoder final : topic_follower {
  void on_publish(publication& published) override {
    plain.push_back(published.bytes(encoding::json).data());
    framed.push_back(published.frame(encoding::json, [&](publication& from) {
      ++made;
      return shared_bytes(std::to_string(from.topic()) + std::string(from.bytes(encoding::json).view()));
    }));
  }
  std::vector<const char*> plain;
  std::vector<shared_bytes> framed;
  int made = 0;
};

TEST_F(TopicTest, EncodesOnceForAllFollowers) {
  encoder first;
  encoder second;
  events->follow(first);
  events->follow(second);
  publish("a");
  EXPECT_EQ(first.plain, second.plain);
  EXPECT_EQ(first.framed.at(0).data(), second.framed.at(0).data());
  EXPECT_EQ(first.framed.at(0).view(), std::to_string(events->id()) + R"({"text":"a"})");
  EXPECT_EQ(first.made + second.made, 1);
}

}  // namespace
}  // namespace trireme::proto
