#include <trireme/core/detail/this_loop.hpp>

#include <algorithm>
#include <mutex>
#include <trireme/core/detail/loop_state.hpp>
#include <utility>
#include <vector>

namespace trireme::detail {

namespace {

/// The innermost loop that this thread turns. Unlike the current one it is alive for sure.
constinit thread_local loop* innermost = nullptr;

/// A loop may be destroyed by another thread than made it, so the list is not one for each thread.
struct loop_list {
  std::mutex mutex;
  std::vector<loop*> loops;  // as made
};

loop_list& all_loops() {
  static loop_list shared;
  return shared;
}

/// Of those that belong to this thread.
loop* youngest_loop() noexcept {
  loop_list& all = all_loops();
  const std::lock_guard lock(all.mutex);
  const auto here = [](loop* each) { return each->internals().on_its_thread(); };
  const auto found = std::find_if(all.loops.rbegin(), all.loops.rend(), here);
  return found == all.loops.rend() ? nullptr : *found;
}

}  // namespace

void enter_thread(loop& made) {
  {
    loop_list& all = all_loops();
    const std::lock_guard lock(all.mutex);
    all.loops.push_back(&made);
  }
  if (!innermost) this_loop = &made;
}

void leave_thread(loop& gone) noexcept {
  {
    loop_list& all = all_loops();
    const std::lock_guard lock(all.mutex);
    all.loops.erase(std::find(all.loops.begin(), all.loops.end(), &gone));
  }
  if (this_loop == &gone) this_loop = youngest_loop();
}

turning_loop::turning_loop(loop& turned) noexcept
    : outer_(std::exchange(innermost, &turned)), was_current_(std::exchange(this_loop, &turned) == &turned) {}

turning_loop::~turning_loop() {
  innermost = outer_;
  // What was current before may have gone meanwhile, unless it turns.
  if (!was_current_) this_loop = outer_ ? outer_ : youngest_loop();
}

}  // namespace trireme::detail
