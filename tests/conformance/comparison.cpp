#include "comparison.hpp"

#include <algorithm>
#include <numeric>
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/virtual_clock.hpp>

#include "machine.hpp"

namespace conformance {

namespace {

bool contains(const std::vector<std::string>& orders, const std::string& one) {
  return std::find(orders.begin(), orders.end(), one) != orders.end();
}

std::string run(const program& done, trireme::duration timer_clamp) {
  trireme::testing::virtual_clock time;
  trireme::loop_options options;
  options.clock = &time;
  options.timer_clamp = timer_clamp;
  trireme::loop loop(options);
  return machine(loop, time, done).run();
}

}  // namespace

ours run(const program& done) {
  ours made;
  if (!done.clamped) made.by_default = run(done, {});
  made.clamped = run(done, std::chrono::milliseconds(1));
  return made;
}

void comparison::add(const program& done, const std::vector<std::string>& shown_by_node) {
  if (!done.not_expressible.empty()) {
    ++counts_[static_cast<std::size_t>(verdict::not_expressible)];
    return;
  }
  const ours shown = run(done);
  const verdict found = judge(done, shown, shown_by_node);
  ++counts_[static_cast<std::size_t>(found)];
  if (!shown_by_node.empty() && shown.clamped == shown_by_node.front()) ++like_standing_clock_;
  if (found == verdict::different) complain(done, shown, shown_by_node);
}

verdict comparison::judge(const program& done, const ours& shown, const std::vector<std::string>& by_node) {
  const bool among =
      contains(by_node, shown.clamped) && (!shown.by_default || contains(by_node, *shown.by_default));
  if (!among) return done.differs.empty() ? verdict::different : verdict::explained;
  // An explanation of what is never so is a difference, too. On a busy machine Node may show our order beside
  // its own.
  if (!done.differs.empty() && by_node.size() == 1) return verdict::different;
  return by_node.size() == 1 ? verdict::equal : verdict::undetermined;
}

void comparison::complain(const program& done, const ours& shown, const std::vector<std::string>& by_node) {
  std::string said = "different: " + done.name + "\n";
  if (!done.differs.empty()) said += "  it is explained, but does not differ: " + done.differs + "\n";
  if (shown.by_default) said += "  ours          " + *shown.by_default + "\n";
  said += "  ours, clamped " + shown.clamped + "\n";
  for (const std::string& order : by_node) said += "  Node          " + order + "\n";
  if (by_node.empty()) said += "  nothing is recorded of Node\n";
  complaints_.push_back(std::move(said));
}

std::string comparison::summary(const std::string& node) const {
  const auto of = [this](verdict which) { return std::to_string(count(which)); };
  const std::size_t all = std::accumulate(std::begin(counts_), std::end(counts_), std::size_t{0});
  return "Node " + node + ": " + std::to_string(all) + " programs, " + of(verdict::equal) + " equal, " +
         of(verdict::undetermined) + " undetermined, " + of(verdict::different) + " different; " +
         of(verdict::explained) + " explained, " + of(verdict::not_expressible) + " not expressible; " +
         std::to_string(like_standing_clock_) + " the same as Node's with its clock standing still";
}

}  // namespace conformance
