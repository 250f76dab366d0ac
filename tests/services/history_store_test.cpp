#include "chat/history_store.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <thread>
#include <trireme/core/error.hpp>

#include "services/scratch_folder.hpp"

namespace trireme::services::chat {
namespace {

using messages = std::vector<trireme::chat::v1::Said>;

/// "1 ann: hi @1000" for each, in one line.
std::string told(const messages& said) {
  std::string all;
  for (const auto& each : said) {
    all += (all.empty() ? "" : ", ") + std::to_string(each.id()) + " " + each.name() + ": " + each.text() +
           " @" + std::to_string(each.time_ms());
  }
  return all;
}

std::string failure_of_opening(const std::string& folder) {
  try {
    const history_store store(folder);
  } catch (const error& failure) {
    return failure.message();
  }
  return "none";
}

TEST(HistoryStore, NumbersWhatIsSaidInEachRoomOnItsOwn) {
  const testing::scratch_folder folder;
  history_store store(folder.path());
  EXPECT_EQ(told({store.append("a", "ann", "one", 1), store.append("b", "bob", "two", 2),
                  store.append("a", "ann", "three", 3), store.append("a", "ann", "four", 3)}),
            "1 ann: one @1, 1 bob: two @2, 2 ann: three @3, 3 ann: four @3");
  EXPECT_EQ(told(store.read("a", 0, 50)), "1 ann: one @1, 2 ann: three @3, 3 ann: four @3");
  EXPECT_EQ(told(store.read("b", 0, 50)), "1 bob: two @2");
  EXPECT_EQ(told(store.read("c", 0, 50)), "");
}

TEST(HistoryStore, ReadsTheLatestBeforeAnIdOldestFirst) {
  const testing::scratch_folder folder;
  history_store store(folder.path());
  for (int count = 1; count <= 6; ++count) store.append("a", "n", "t", count);
  EXPECT_EQ(told(store.read("a", 0, 2)), "5 n: t @5, 6 n: t @6");
  EXPECT_EQ(told(store.read("a", 5, 2)), "3 n: t @3, 4 n: t @4");
  EXPECT_EQ(told(store.read("a", 2, 200)), "1 n: t @1");
  EXPECT_EQ(told(store.read("a", 1, 200)), "");
  EXPECT_EQ(store.read("a", 7, 200).size(), 6u);
  EXPECT_EQ(store.read("a", std::uint64_t{0} - 1, 200).size(), 6u);
  EXPECT_EQ(store.read("a", std::uint64_t{1} << 63, 200).size(), 6u);
}

TEST(HistoryStore, GoesOnCountingWhereItStoppedWhenItIsOpenedAgain) {
  const testing::scratch_folder folder;
  {
    history_store store(folder.path());
    store.append("a", "ann", "one", 1);
    store.append("a", "ann", "two", 2);
  }
  history_store again(folder.path());
  EXPECT_EQ(again.append("a", "bob", "three", 3).id(), 3u);
  EXPECT_EQ(told(again.read("a", 0, 50)), "1 ann: one @1, 2 ann: two @2, 3 bob: three @3");
}

TEST(HistoryStore, KeepsEveryByteOfATextAndOfARoomsName) {
  const testing::scratch_folder folder;
  history_store store(folder.path());
  const std::string odd = std::string("NUL ") + '\0' + " quote ' percent % emoji \xF0\x9F\x9A\xA3 \n";
  store.append("a", odd, odd, -1);
  store.append("a' OR 1=1 --", "n", "t", 1);
  ASSERT_EQ(store.read("a", 0, 50).size(), 1u);
  EXPECT_EQ(store.read("a", 0, 50).front().text(), odd);
  EXPECT_EQ(store.read("a", 0, 50).front().name(), odd);
  EXPECT_EQ(store.read("a' OR 1=1 --", 0, 50).size(), 1u);
}

TEST(HistoryStore, MakesTheFoldersThatAreMissing) {
  const testing::scratch_folder folder;
  EXPECT_EQ(failure_of_opening(folder / "one/two/three"), "none");
  EXPECT_TRUE(std::filesystem::is_regular_file(folder / "one/two/three/chat.db"));
}

TEST(HistoryStore, SaysWhichFolderCannotBeUsed) {
  const testing::scratch_folder folder;
  std::ofstream(folder / "file") << "not a folder";
  EXPECT_EQ(failure_of_opening(folder / "file/data"),
            "data folder: Not a directory: " + (folder / "file/data"));
  EXPECT_EQ(failure_of_opening(folder / "file"), "data folder: Not a directory: " + (folder / "file"));
}

TEST(HistoryStore, SaysThatTheFileIsNoDatabase) {
  const testing::scratch_folder folder;
  std::ofstream(folder / "chat.db") << std::string(8192, 'x');
  EXPECT_EQ(failure_of_opening(folder.path()),
            "chat history: open: file is not a database: " + (folder / "chat.db"));
}

TEST(HistoryStore, SaysThatTheFileIsAFolder) {
  const testing::scratch_folder folder;
  std::filesystem::create_directory(folder / "chat.db");
  EXPECT_EQ(failure_of_opening(folder.path()),
            "chat history: open: unable to open database file: " + (folder / "chat.db"));
}

TEST(HistoryStore, WaitsItsTurnWhereAnotherProcessWrites) {
  const testing::scratch_folder folder;
  history_store first(folder.path());
  history_store second(folder.path());
  const auto write = [](history_store& store, std::set<std::uint64_t>& ids) {
    for (int count = 0; count < 100; ++count) ids.insert(store.append("a", "n", "t", count).id());
  };
  std::set<std::uint64_t> ids;
  std::set<std::uint64_t> others;
  std::string failure;
  std::thread other([&] {
    try {
      write(second, others);
    } catch (const std::exception& thrown) {
      failure = thrown.what();
    }
  });
  EXPECT_NO_THROW(write(first, ids));
  other.join();
  EXPECT_EQ(failure, "");
  ids.merge(others);
  EXPECT_EQ(ids.size(), 200u);
  EXPECT_EQ(*ids.rbegin(), 200u);
}

}  // namespace
}  // namespace trireme::services::chat
