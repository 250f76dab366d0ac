#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trireme {

/// A number that goes up, or up and down.
///
/// Thread: any; each change is one relaxed atomic addition, so counters order nothing.
class counter {
public:
  void add(std::int64_t amount = 1) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }
  void subtract(std::int64_t amount = 1) noexcept { value_.fetch_sub(amount, std::memory_order_relaxed); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::int64_t> value_{0};
};

/// All counters of a loop by name. Every limit has one, so that reaching it shows.
///
/// Thread: the loop's; the counters themselves may be changed from any thread.
/// Lifetime: a counter lives at least as long as the registry.
class counter_registry {
public:
  /// The counter of that name, made at the first call. Names are lower case with dots:
  /// "http1.header_too_large".
  counter& get(std::string_view name) { return *share(name); }
  /// The same for who may outlive the registry.
  std::shared_ptr<counter> share(std::string_view name);
  /// Every name with its value, sorted by name.
  std::vector<std::pair<std::string, std::int64_t>> snapshot() const;

private:
  std::map<std::string, std::shared_ptr<counter>, std::less<>> counters_;
};

}  // namespace trireme
