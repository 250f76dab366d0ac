#include "reactor.hpp"

namespace trireme::detail {

// Hint 1 keeps Asio's locks but spares the wake-ups between threads that run one context: there is one.
reactor::reactor() : context_(1), guard_(context_.get_executor()) {}

bool reactor::wait(duration timeout) {
  if (timeout < duration::zero()) return context_.run_one() > 0;
  if (timeout == duration::zero()) return context_.poll_one() > 0;
  return context_.run_one_for(timeout) > 0;
}

bool reactor::has_foreign_work() {
  guard_.reset();
  const bool none = context_.stopped();
  context_.restart();
  guard_.emplace(context_.get_executor());
  return !none;
}

}  // namespace trireme::detail
