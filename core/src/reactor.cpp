#include "reactor.hpp"

namespace trireme::detail {

bool reactor::has_foreign_work() {
  guard_.reset();
  const bool none = context_.stopped();
  context_.restart();
  guard_.emplace(context_.get_executor());
  return !none;
}

}  // namespace trireme::detail
