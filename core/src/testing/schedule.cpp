#include <trireme/core/testing/schedule.hpp>

namespace trireme::testing {

namespace {

constexpr std::size_t longest_stretch = 32;

}  // namespace

std::size_t schedule::draw(std::size_t count) {
  if (until_ == 0) {
    until_ = 1 + pick(longest_stretch);
    still_ = pick(2 * count);
  }
  --until_;
  const std::size_t drawn = pick(count);
  return drawn == still_ ? (drawn + 1) % count : drawn;
}

void schedule::pass_time(test_loop& loop) {
  if (most_ <= duration::zero()) return;
  loop.time().advance(
      duration(static_cast<duration::rep>(pick(static_cast<std::size_t>(most_.count()) + 1))));
}

}  // namespace trireme::testing
