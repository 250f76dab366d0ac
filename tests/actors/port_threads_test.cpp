#include <trireme/actors/broadcast_channel.hpp>
#include <trireme/actors/channel.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <trireme/actors/worker.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <vector>

// Ports with real threads at both ends: what a sanitizer for threads looks at.

namespace trireme::actors {
namespace {

using testing::test_loop;

/// Listens to the port that it is given, until that closes.
template <class Out, class In, class Handler>
void listen(port<Out, In> given, Handler handler) {
  const auto held = std::make_shared<port<Out, In>>(std::move(given));
  held->on_message(
      [held, handler = std::move(handler)](In message) mutable { handler(*held, std::move(message)); });
}

using keeper = worker<port<int, int>, int>;

// E06: between two workers, the loop being no part of it.
TEST(PortThreads, TalkWithoutTheLoop) {
  constexpr int rounds = 5'000;
  test_loop loop;
  channel<int> made;
  worker<int, int> echo(
      loop,
      [](worker<int, int>::port&, port<int, int> given) {
        listen(std::move(given),
               [](auto& self, int number) { EXPECT_EQ(self.post_message(int{number}), posting::posted); });
      },
      std::move(made.second));
  worker<int, int> asker(
      loop,
      [](worker<int, int>::port& parent, port<int, int> given) {
        static_cast<void>(given.post_message(1));
        listen(std::move(given), [&parent](auto& self, int number) {
          if (number < rounds) return static_cast<void>(self.post_message(number + 1));
          static_cast<void>(parent.post_message(int{number}));
          self.close();
        });
      },
      std::move(made.first));
  int last = 0;
  asker.on_message([&](int number) { last = number; });
  loop.run();
  EXPECT_EQ(last, rounds);
}

// E05: no mutex, no room to wait for: whoever posts gets through while who reads stands in a callback.
TEST(PortThreads, TakeEveryPostWhileTheReaderStandsInAHandler) {
  constexpr int posts = 100'000;
  test_loop loop;
  channel_options wide;
  wide.limit = posts + 1;
  channel<int> made(wide);
  std::latch standing(1);
  std::latch posted(1);
  int read = 0;
  made.second.on_message([&](int number) {
    EXPECT_EQ(number, read);
    if (++read == 1) {
      standing.count_down();
      posted.wait();
    }
    if (read == posts + 1) made.second.close();
  });
  std::thread poster([&, end = std::move(made.first)]() mutable {
    EXPECT_EQ(end.post_message(0), posting::posted);
    standing.wait();
    for (int number = 1; number <= posts; ++number) EXPECT_EQ(end.post_message(int{number}), posting::posted);
    posted.count_down();
    while (!end.closed()) std::this_thread::yield();
  });
  loop.run();
  poster.join();
  EXPECT_EQ(read, posts + 1);
}

// E05, the worker's mailbox likewise.
TEST(PortThreads, LeaveAWorkersMailboxOpenWhileItStandsInAHandler) {
  constexpr int posts = 60'000;
  test_loop loop;
  std::latch posted(1);
  worker<int, int> subject(loop, [&](worker<int, int>::port& parent) {
    parent.on_message([&, read = 0](int) mutable {
      posted.wait();
      if (++read == posts) parent.close();
    });
  });
  for (int number = 0; number < posts; ++number) {
    ASSERT_EQ(subject.post_message(int{number}), posting::posted);
  }
  posted.count_down();
  loop.run();
  EXPECT_FALSE(subject.running());
}

TEST(PortThreads, TakeWhatManySendersPostInTheOrderOfEach) {
  constexpr int each = 5'000;
  constexpr int threads = 3;
  test_loop loop;
  channel<int> made;
  std::vector<std::thread> posters;
  for (int poster = 0; poster < threads; ++poster) {
    posters.emplace_back([to = made.first.sender(), poster] {
      for (int number = 0; number < each; ++number) {
        while (to.post_message(poster * each + number) == posting::full) std::this_thread::yield();
      }
    });
  }
  std::vector<int> next(threads, 0);
  int read = 0;
  made.second.on_message([&](int number) {
    EXPECT_EQ(number % each, next[static_cast<std::size_t>(number / each)]++);
    if (++read == threads * each) made.second.close();
  });
  loop.run();
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(next, std::vector<int>(threads, each));
}

// 3.2: what is posted while the other end closes is either delivered or stays with who posted it.
TEST(PortThreads, LoseNothingThatWasPostedWhenItCloses) {
  test_loop loop;
  for (int round = 0; round < 40; ++round) {
    channel<int> made;
    int read = 0;
    bool told = false;
    made.second.on_message([&](int) { ++read; });
    made.second.on_close([&] { told = true; });
    std::atomic<int> posted{0};
    std::thread poster([&, to = made.first.sender()] {
      while (posted < 1'000 && to.post_message(1) == posting::posted) ++posted;
    });
    std::thread closer([end = std::move(made.first), round]() mutable {
      for (int turn = 0; turn < round % 8; ++turn) std::this_thread::yield();
      end.close();
    });
    while (!told) loop.poll();
    poster.join();
    closer.join();
    EXPECT_EQ(read, posted);
  }
}

TEST(PortThreads, EndWithTheirWorkersWhileMessagesFlow) {
  test_loop loop;
  for (int round = 0; round < 50; ++round) {
    channel<int> made;
    int read = 0;
    {
      worker<int, int> subject(
          loop,
          [](worker<int, int>::port&, port<int, int> given) {
            listen(std::move(given),
                   [](auto& self, int number) { static_cast<void>(self.post_message(int{number})); });
          },
          std::move(made.second));
      made.first.on_message([&](int) { ++read; });
      for (int number = 0; number < 100; ++number) static_cast<void>(made.first.post_message(int{number}));
      for (int turn = 0; turn < round; ++turn) loop.poll();
    }
    loop.run();
    EXPECT_LE(read, 100);
  }
}

TEST(PortThreads, BroadcastToAllInOneOrder) {
  constexpr int each = 500;
  constexpr std::size_t members = 3;
  using member = broadcast_member<int>;
  using hearer = worker<int, std::vector<int>>;
  test_loop loop;
  broadcast_channel<int> subject(loop);
  const auto body = [](hearer::port& parent, member given) {
    const auto mine = std::make_shared<member>(std::move(given));
    for (int number = 0; number < each; ++number) static_cast<void>(mine->post_message(1));
    mine->on_message([mine, &parent, heard = std::vector<int>()](int number) mutable {
      if (number < 0) heard.push_back(number);
      if (heard.size() == each) static_cast<void>(parent.post_message(std::exchange(heard, {})));
    });
  };
  std::vector<std::unique_ptr<hearer>> workers;
  std::vector<std::vector<int>> heard;
  for (std::size_t index = 0; index < members; ++index) {
    workers.push_back(std::make_unique<hearer>(loop, body, subject.join()));
    workers.back()->on_message([&](std::vector<int> all) {
      heard.push_back(std::move(all));
      if (heard.size() == members) subject.close();
    });
  }
  for (int number = 1; number <= each; ++number) static_cast<void>(subject.post_message(-number));
  loop.run();
  ASSERT_EQ(heard.size(), members);
  EXPECT_EQ(heard[0], heard[1]);
  EXPECT_EQ(heard[0], heard[2]);
}

}  // namespace
}  // namespace trireme::actors
