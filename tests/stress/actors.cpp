#include <algorithm>
#include <memory>
#include <thread>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>

#include "tally.hpp"

// Threads tell actors on several workers, each actor hearing of each thread; and actors tell one another
// across workers.

namespace stress {

namespace {

using namespace trireme::actors;
using trireme::posting;

constexpr std::uint32_t senders = 3;
constexpr std::uint32_t receivers = 4;
constexpr std::uint64_t window = 256;  // messages that two who talk have under way

class receiver : public actor<receiver> {
public:
  explicit receiver(std::unique_ptr<ledger> heard) : heard_(std::move(heard)) {}
  void on(numbered what) { heard_->hear(what); }

private:
  std::unique_ptr<ledger> heard_;
};

struct partner {
  any_ref who;
  std::uint64_t begin_with = 0;
};

/// Says a number to its partner for each that it hears.
class talker : public actor<talker> {
public:
  talker(std::unique_ptr<ledger> heard, std::uint64_t most) : heard_(std::move(heard)), most_(most) {}
  void on(partner given) {
    other_ = actor_ref<talker>(given.who.address());
    for (std::uint64_t first = std::min(given.begin_with, most_); first > 0; --first) say();
  }
  void on(numbered what) {
    heard_->hear(what);
    if (next_ < most_) say();
  }

private:
  void say() {
    if (other_.tell(numbered{0, next_++}) != posting::posted) fail("actors: no place for what is expected");
  }
  std::unique_ptr<ledger> heard_;
  const std::uint64_t most_;
  std::uint64_t next_ = 0;
  actor_ref<talker> other_;
};

/// Each sender tells all receivers in turn.
void tell(std::uint32_t sender, const std::vector<actor_ref<receiver>>& to, std::uint64_t each) {
  for (std::uint64_t number = 0; number < each; ++number) {
    for (const auto& whom : to) {
      while (whom.tell(numbered{sender, number}) == posting::full) std::this_thread::yield();
    }
  }
}

}  // namespace

std::uint64_t through_actors(std::uint64_t messages) {
  const std::uint64_t each = messages / 2 / (senders * receivers) + 1;
  const std::uint64_t said = messages / 4 + 1;
  const std::uint64_t all = senders * receivers * each + 2 * said;
  trireme::loop owner;
  tally whole("actors", all);
  actor_system_options options;
  options.workers = 2;
  options.mailbox_limit = 8 * window;
  actor_system system(owner, options);
  std::vector<actor_ref<receiver>> to;
  for (std::uint32_t made = 0; made < receivers; ++made) {
    to.push_back(system.spawn<receiver>(std::make_unique<ledger>(whole, senders, each)));
  }
  const auto left = system.spawn<talker>(std::make_unique<ledger>(whole, 1, said), said);
  const auto right = system.spawn<talker>(std::make_unique<ledger>(whole, 1, said), said);
  system.ask(right, partner{left}, std::chrono::minutes(1), [&](const trireme::error& failure) {
    if (failure) fail("actors: " + failure.message());
    static_cast<void>(left.tell(partner{right, window}));  // now that the other knows whom to answer
  });
  std::vector<std::thread> threads;
  for (std::uint32_t sender = 0; sender < senders; ++sender) {
    threads.emplace_back([=] { tell(sender, to, each); });
  }
  whole.watch(owner);
  owner.run();
  for (std::thread& thread : threads) thread.join();
  return all;
}

}  // namespace stress
