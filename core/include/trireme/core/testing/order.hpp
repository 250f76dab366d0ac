#pragma once
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace trireme::testing {

/// Records what happened, to be compared as a whole: `EXPECT_EQ(log, (order{"tick", "microtask"}))`.
///
/// Thread: one at a time.
class order {
public:
  order() = default;
  order(std::initializer_list<std::string_view> events) : events_(events.begin(), events.end()) {}

  void operator()(std::string_view event) { events_.emplace_back(event); }
  void clear() noexcept { events_.clear(); }
  const std::vector<std::string>& events() const noexcept { return events_; }

  friend bool operator==(const order&, const order&) = default;
  /// "a, b, c"
  friend std::ostream& operator<<(std::ostream& out, const order& printed);

private:
  std::vector<std::string> events_;
};

}  // namespace trireme::testing
