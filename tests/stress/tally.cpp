#include "tally.hpp"

#include <cstdio>
#include <cstdlib>

namespace stress {

using namespace std::chrono_literals;

void fail(const std::string& what) {
  std::fprintf(stderr, "stress: %s\n", what.c_str());
  std::_Exit(1);  // other threads are at work
}

void tally::watch(trireme::loop& owner) {
  look_ = owner.set_interval(5ms, [this, &owner] { look(owner); });
}

void tally::look(trireme::loop& owner) {
  const std::uint64_t count = count_.load(std::memory_order_relaxed);
  if (count == wanted_) return owner.stop();
  const std::string how_far = std::to_string(count) + " of " + std::to_string(wanted_);
  if (count > wanted_) fail(way_ + ": too many: " + how_far);
  const clock::time_point now = clock::now();
  if (count != seen_) moved_ = now;
  seen_ = count;
  if (now - moved_ > 60s) fail(way_ + ": lost: nothing came for a minute after " + how_far);
  if (now - told_ < 2s) return;
  told_ = now;
  std::fprintf(stderr, "%s: %s\n", way_.c_str(), how_far.c_str());
}

void ledger::wrong(const numbered& what) const {
  const std::string came = std::to_string(what.number) + " of sender " + std::to_string(what.sender);
  if (what.sender >= next_.size()) fail(whole_.way() + ": nobody sent " + came);
  const std::uint64_t next = next_[what.sender];
  const char* const how = what.number < next ? "again, or out of order" : "too early, or others are lost";
  fail(whole_.way() + ": " + came + " came " + how + ": " + std::to_string(next) + " was next");
}

}  // namespace stress
