#include <memory>
#include <thread>
#include <trireme/actors/worker.hpp>

#include "tally.hpp"

// The loop and two threads post to a worker, which answers each message with one of its own.

namespace stress {

namespace {

using namespace trireme::actors;
using trireme::posting;
using subject = worker<numbered, numbered>;

constexpr std::uint32_t senders = 3;  // the loop is the first
constexpr int burst = 512;            // of the loop's, before it looks at what came

/// Posts as many as there is room for, and goes on in the next turn.
void post_from_loop(trireme::loop& owner, subject& to, std::uint64_t next, std::uint64_t each) {
  for (int left = burst; left > 0 && next < each; --left) {
    if (to.post_message(numbered{0, next}) != posting::posted) break;
    ++next;
  }
  if (next == each) return;
  owner.set_immediate([&owner, &to, next, each] { post_from_loop(owner, to, next, each); });
}

void post_from_thread(std::uint32_t sender, const subject& to, std::uint64_t each) {
  for (std::uint64_t number = 0; number < each;) {
    if (to.post_message(numbered{sender, number}) == posting::posted) {
      ++number;
    } else {
      std::this_thread::yield();
    }
  }
}

auto answers_each(std::unique_ptr<ledger> heard) {
  return [heard = std::move(heard)](subject::port& parent) mutable {
    parent.on_message([&parent, heard = std::move(heard), next = std::uint64_t{0}](numbered what) mutable {
      heard->hear(what);
      while (parent.post_message(numbered{0, next}) == posting::full) std::this_thread::yield();
      ++next;
    });
  };
}

}  // namespace

std::uint64_t through_worker(std::uint64_t messages) {
  const std::uint64_t each = messages / 2 / senders + 1;
  const std::uint64_t all = 2 * senders * each;
  trireme::loop owner;
  tally whole("worker", all);
  subject answering(owner, answers_each(std::make_unique<ledger>(whole, senders, each)));
  ledger answers(whole, 1, senders * each);
  answering.on_message([&answers](numbered what) { answers.hear(what); });
  std::vector<std::thread> threads;
  for (std::uint32_t sender = 1; sender < senders; ++sender) {
    threads.emplace_back([&answering, sender, each] { post_from_thread(sender, answering, each); });
  }
  post_from_loop(owner, answering, 0, each);
  whole.watch(owner);
  owner.run();
  for (std::thread& thread : threads) thread.join();
  return all;
}

}  // namespace stress
