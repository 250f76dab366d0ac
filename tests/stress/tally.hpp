#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <trireme/core/loop.hpp>
#include <trireme/core/timer.hpp>
#include <vector>

namespace stress {

/// What is sent: who sent it, and the how manieth from 0 it is of this sender's to this receiver.
struct numbered {
  std::uint32_t sender = 0;
  std::uint64_t number = 0;
};

/// Ends the program with a line on stderr, from whatever thread.
[[noreturn]] void fail(const std::string& what);

/// How many messages have come of those that must, whoever received them.
///
/// Thread: `add` any; `watch` the loop's.
class tally {
public:
  tally(std::string way, std::uint64_t wanted) : way_(std::move(way)), wanted_(wanted) {}
  const std::string& way() const noexcept { return way_; }
  void add(std::uint64_t count) noexcept { count_.fetch_add(count, std::memory_order_relaxed); }
  /// Stops the loop once all have come. Says on stderr how far it is, every two seconds; fails where nothing
  /// came for a minute.
  void watch(trireme::loop& owner);

private:
  using clock = std::chrono::steady_clock;
  void look(trireme::loop& owner);

  const std::string way_;
  const std::uint64_t wanted_;
  std::atomic<std::uint64_t> count_{0};
  std::uint64_t seen_ = 0;
  clock::time_point moved_ = clock::now();
  clock::time_point told_ = clock::now();
  trireme::timer look_;
};

/// What one receiver has heard: of each sender its numbers from 0, in order, each once.
///
/// Thread: its receiver's. Lifetime: within its tally's.
class ledger {
public:
  ledger(tally& whole, std::size_t senders, std::uint64_t each)
      : whole_(whole), next_(senders), each_(each) {}
  void hear(const numbered& what) {
    if (what.sender >= next_.size() || what.number >= each_) wrong(what);
    if (what.number != next_[what.sender]) wrong(what);
    ++next_[what.sender];
    if (++heard_ % batch == 0 || heard_ == next_.size() * each_) report();
  }

private:
  static constexpr std::uint64_t batch = 1024;  // so that receivers do not meet at the count
  [[noreturn]] void wrong(const numbered& what) const;
  void report() noexcept {
    whole_.add(heard_ - reported_);
    reported_ = heard_;
  }

  tally& whole_;
  std::vector<std::uint64_t> next_;
  const std::uint64_t each_;
  std::uint64_t heard_ = 0;
  std::uint64_t reported_ = 0;
};

/// The ways. Each sends about `messages`, returns how many it did once all have come, and fails otherwise.
std::uint64_t through_actors(std::uint64_t messages);
std::uint64_t through_worker(std::uint64_t messages);
std::uint64_t through_ports(std::uint64_t messages);
std::uint64_t through_pool(std::uint64_t messages);

}  // namespace stress
