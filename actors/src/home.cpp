#include <trireme/actors/detail/home.hpp>

#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/detail/this_loop.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

constinit thread_local home* worker_here = nullptr;

}  // namespace

loop_home::loop_home(loop& owner) : loop_(owner), inbox_(owner.internals().incoming) {}

void loop_home::notify(std::unique_ptr<trireme::detail::job> notice) noexcept {
  static_cast<void>(inbox_->push_always(notice));
}

bool loop_home::is_here() const noexcept {
  return !at_home::current() && loop_.internals().thread == std::this_thread::get_id();
}

void loop_home::keep(trireme::detail::kept_work& listening) noexcept {
  loop_.internals().kept.push_back(listening);
}

// An open port is no work under way: it keeps the loop alive, but not a virtual clock still.
void loop_home::ref() noexcept { ++loop_.internals().references; }
void loop_home::unref() noexcept { --loop_.internals().references; }

std::shared_ptr<home> this_home() {
  if (home* const worker = at_home::current()) return worker->shared_from_this();
  loop* const here = trireme::detail::current_loop();
  return here ? std::make_shared<loop_home>(*here) : nullptr;
}

at_home::at_home(home& which) noexcept : outer_(std::exchange(worker_here, &which)) {}
at_home::~at_home() { worker_here = outer_; }
home* at_home::current() noexcept { return worker_here; }

}  // namespace trireme::actors::detail
