// For every Asio that we do not know from inside.
#include "watch.hpp"

#if !TRIREME_PERSISTENT_WATCH
#include "reactor.hpp"

namespace trireme::detail {

// Hint 1 keeps Asio's locks but spares the wake-ups between threads that run one context: there is one.
reactor::reactor() : context_(1), guard_(context_.get_executor()) {}

bool reactor::run_first(duration timeout) {
  if (timeout < duration::zero()) return context_.run_one() > 0;
  if (timeout == duration::zero()) return context_.poll_one() > 0;
  return context_.run_one_for(timeout) > 0;
}

bool reactor::run_next() { return context_.poll_one() > 0; }
// Handlers wait, perhaps: without a handle it makes no difference.
bool reactor::about_to_sleep_outside() noexcept { return false; }
void reactor::awake() noexcept {}
int reactor::native_handle() noexcept { return -1; }

}  // namespace trireme::detail
#endif
