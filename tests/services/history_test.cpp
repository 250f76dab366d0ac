#include "chat/history.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <trireme/actors/manual_host.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>

#include "services/scratch_folder.hpp"

namespace trireme::services::chat {
namespace {

using testing::order;
using trireme::chat::v1::Said;

class HistoryTest : public ::testing::Test {
protected:
  static history_options with(actors::worker_host* host, std::size_t max_waiting = 10'000) {
    history_options options;
    options.host = host;
    options.max_waiting = max_waiting;
    return options;
  }
  void say(history& to, const std::string& text) {
    to.append("room", "ann", text)
        .then([this](const Said& said) { log(said.text() + " is " + std::to_string(said.id())); },
              [this](const error& failure) { log(failure.message()); })
        .detach();
  }
  void ask(history& from, std::uint64_t before = 0) {
    from.read("room", before, 50)
        .then(
            [this](const std::vector<Said>& found) {
              std::string all = "read";
              for (const Said& each : found) all += " " + each.text();
              log(all);
            },
            [this](const error& failure) { log(failure.message()); })
        .detach();
  }
  void settle() { host.settle(owner); }

  testing::scratch_folder folder;
  testing::test_loop owner;
  actors::manual_host host;
  order log;
};

TEST_F(HistoryTest, AnswersInTheOrderAsked) {
  history kept(owner, folder.path(), with(&host));
  ask(kept);
  say(kept, "a");
  ask(kept);
  say(kept, "b");
  say(kept, "c");
  ask(kept, 3);
  EXPECT_EQ(log, order{});
  settle();
  EXPECT_EQ(log, (order{"read", "a is 1", "read a", "b is 2", "c is 3", "read a b"}));
}

TEST_F(HistoryTest, RefusesOneMoreThanMayWaitAndServesAgainWhenThereIsRoom) {
  history kept(owner, folder.path(), with(&host, 2));
  for (const auto* text : {"a", "b", "c"}) say(kept, text);
  owner.poll();
  EXPECT_EQ(log, (order{"chat history: limit reached"}));
  settle();
  say(kept, "d");
  settle();
  EXPECT_EQ(log, (order{"chat history: limit reached", "a is 1", "b is 2", "d is 3"}));
  EXPECT_EQ(owner.counters().get("chat.history.full").value(), 1);
}

TEST_F(HistoryTest, CountsAnswersThatTheLoopHasNotReadAgainstTheLimit) {
  history kept(owner, folder.path(), with(&host, 2));
  for (const auto* text : {"a", "b"}) say(kept, text);
  while (host.step()) {
  }
  say(kept, "c");
  settle();
  EXPECT_EQ(log, (order{"chat history: limit reached", "a is 1", "b is 2"}));
}

TEST_F(HistoryTest, ComesBackWithTheStoresErrorAndServesTheNext) {
  history kept(owner, folder.path(), with(&host));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "chat.db").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "ALTER TABLE said RENAME TO gone", nullptr, nullptr, nullptr), SQLITE_OK);
  say(kept, "a");
  settle();
  ASSERT_EQ(sqlite3_exec(other, "ALTER TABLE gone RENAME TO said", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  say(kept, "b");
  settle();
  EXPECT_EQ(log, (order{"chat history: insert: no such table: said: " + (folder / "chat.db"), "b is 1"}));
}

TEST_F(HistoryTest, FailsWhatStillWaitsWhenItGoesAndKeepsWhatWasAnswered) {
  {
    history kept(owner, folder.path(), with(&host));
    say(kept, "a");
    settle();
    say(kept, "b");
  }
  owner.poll();
  EXPECT_EQ(log, (order{"a is 1", "actor: closed"}));
  history again(owner, folder.path(), with(&host));
  ask(again);
  settle();
  EXPECT_EQ(log.events().back(), "read a");
}

TEST_F(HistoryTest, AnswersThoughTheCallThatAskedHasBeenStopped) {
  history kept(owner, folder.path(), with(&host));
  const context_ptr call = context::make({});
  owner.run_in(call, [&] { say(kept, "a"); });
  call->request_stop();
  owner.run_in(call, [&] { say(kept, "b"); });
  settle();
  EXPECT_EQ(log, (order{"a is 1", "b is 2"}));
}

TEST_F(HistoryTest, KeepsItsOrderOnAThreadToo) {
  loop real;
  history kept(real, folder.path());
  std::vector<std::uint64_t> ids;
  for (int count = 0; count < 200; ++count) {
    kept.append("room", "ann", "t")
        .then([&](const Said& said) {
          ids.push_back(said.id());
          if (ids.size() == 200) real.stop(0);
        })
        .detach();
  }
  real.set_timeout(std::chrono::minutes(1), [&] { real.stop(1); });
  EXPECT_EQ(real.run(), 0);
  ASSERT_EQ(ids.size(), 200u);
  for (std::size_t at = 0; at < ids.size(); ++at) ASSERT_EQ(ids[at], at + 1);
}

}  // namespace
}  // namespace trireme::services::chat
