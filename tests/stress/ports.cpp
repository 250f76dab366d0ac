#include <algorithm>
#include <memory>
#include <thread>
#include <trireme/actors/channel.hpp>
#include <trireme/actors/worker.hpp>

#include "tally.hpp"

// Two workers talk by a channel without the loop; and three threads post to a port of the loop by senders.

namespace stress {

namespace {

using namespace trireme::actors;
using trireme::posting;
using line = port<numbered, numbered>;
using talker = worker<int, int>;

constexpr std::uint32_t senders = 3;
constexpr std::uint64_t window = 256;  // messages that two who talk have under way, each way

/// Says a number for each that it hears, and a few to begin with.
struct talk {
  talk(line given, std::unique_ptr<ledger> what, std::uint64_t limit)
      : end(std::move(given)), heard(std::move(what)), most(limit) {}
  void begin() {
    for (std::uint64_t first = std::min(window, most); first > 0; --first) say();
  }
  void hear(const numbered& what) {
    heard->hear(what);
    if (next < most) say();
  }
  void say() {
    if (end.post_message(numbered{0, next++}) != posting::posted)
      fail("ports: no place for what is expected");
  }
  line end;
  std::unique_ptr<ledger> heard;
  const std::uint64_t most;
  std::uint64_t next = 0;
};

auto talks(std::unique_ptr<ledger> heard, std::uint64_t most) {
  return [heard = std::move(heard), most](talker::port&, line end) mutable {
    const auto own = std::make_shared<talk>(std::move(end), std::move(heard), most);
    own->end.on_message([own](numbered what) { own->hear(what); });
    own->begin();
  };
}

void post(std::uint32_t number_of_sender, const sender<numbered>& to, std::uint64_t each) {
  for (std::uint64_t number = 0; number < each;) {
    if (to.post_message(numbered{number_of_sender, number}) == posting::posted) {
      ++number;
    } else {
      std::this_thread::yield();
    }
  }
}

}  // namespace

std::uint64_t through_ports(std::uint64_t messages) {
  const std::uint64_t said = messages / 4 + 1;
  const std::uint64_t each = messages / 2 / senders + 1;
  const std::uint64_t all = 2 * said + senders * each;
  trireme::loop owner;
  tally whole("ports", all);
  channel<numbered> between;
  talker left(owner, talks(std::make_unique<ledger>(whole, 1, said), said), std::move(between.first));
  talker right(owner, talks(std::make_unique<ledger>(whole, 1, said), said), std::move(between.second));
  channel<numbered> home;
  ledger heard(whole, senders, each);
  home.first.on_message([&heard](numbered what) { heard.hear(what); });
  std::vector<std::thread> threads;
  for (std::uint32_t number = 0; number < senders; ++number) {
    threads.emplace_back([to = home.second.sender(), number, each] { post(number, to, each); });
  }
  whole.watch(owner);
  owner.run();
  for (std::thread& thread : threads) thread.join();
  return all;
}

}  // namespace stress
