#include <algorithm>
#include <ostream>
#include <trireme/core/detail/coroutine_frame.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/task_dump.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

namespace trireme {

namespace {

using detail::coroutine_frame;

std::vector<const coroutine_frame*> frames_of(loop& owner) {
  std::vector<const coroutine_frame*> frames;
  auto& kept = owner.internals().kept;
  if (kept.empty()) return frames;
  for (detail::kept_work* each = &kept.front();; each = static_cast<detail::kept_work*>(each->next)) {
    if (const coroutine_frame* const frame = each->as_frame()) frames.push_back(frame);
    if (kept.last_is(*each)) return frames;
  }
}

class task_tree {
public:
  explicit task_tree(std::vector<const coroutine_frame*> frames) {
    std::sort(frames.begin(), frames.end(), [](auto* a, auto* b) { return a->number() < b->number(); });
    for (const auto* frame : frames) below_.try_emplace(frame);
    for (const auto* frame : frames) below_[above(*frame)].push_back(frame);
  }
  void print(std::ostream& out) const {
    std::vector<std::pair<const coroutine_frame*, std::size_t>> open;
    const auto push_below = [&](const coroutine_frame* which, std::size_t depth) {
      const auto found = below_.find(which);
      if (found == below_.end()) return;
      for (auto next = found->second.rbegin(); next != found->second.rend(); ++next) {
        open.emplace_back(*next, depth);
      }
    };
    push_below(nullptr, 0);
    while (!open.empty()) {
      const auto [frame, depth] = open.back();
      open.pop_back();
      print_line(out, *frame, depth);
      push_below(frame, depth + 1);
    }
  }

private:
  /// A frame at the parent's address that was made later is another one.
  const coroutine_frame* above(const coroutine_frame& frame) const {
    if (frame.awaited_by()) return frame.awaited_by();
    const auto found = below_.find(frame.parent());
    if (found == below_.end() || !found->first || found->first->number() > frame.number()) return nullptr;
    return found->first;
  }
  static void print_line(std::ostream& out, const coroutine_frame& frame, std::size_t depth) {
    for (std::size_t each = 0; each < depth; ++each) out << "  ";
    out << '#' << frame.number() << ' ' << detail::function_of(frame.place());
    if (frame.running()) {
      out << " is running";
    } else if (frame.ended()) {
      out << " has ended";
    } else {
      out << " at " << detail::line_of(frame.place());
    }
    const auto& context = frame.bound_context();
    if (context && !context->trace().empty()) out << " [" << context->trace() << ']';
    out << '\n';
  }

  std::unordered_map<const coroutine_frame*, std::vector<const coroutine_frame*>> below_;
};

}  // namespace

void dump_tasks(loop& owner, std::ostream& out) {
  owner.assert_current();
  task_tree(frames_of(owner)).print(out);
}

}  // namespace trireme
