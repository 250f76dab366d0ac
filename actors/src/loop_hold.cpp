#include <trireme/actors/detail/loop_hold.hpp>

#include <trireme/core/detail/loop_state.hpp>

namespace trireme::actors::detail {

loop_hold::loop_hold(loop& owner, bool holds_clock) noexcept
    : count_(holds_clock ? &owner.internals().outside : &owner.internals().references) {
  ++*count_;
}

}  // namespace trireme::actors::detail
