#include <trireme/actors/detail/port_end.hpp>

#include <thread>
#include <trireme/actors/detail/listener.hpp>
#include <trireme/core/detail/bell.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

/// Nobody sleeps on a port: notices wake the loops and workers that own them. Never destroyed, for ports may
/// be static.
trireme::detail::bell& silent_bell() {
  static auto* const shared = new trireme::detail::bell;
  return *shared;
}

}  // namespace

port_end::port_end(std::size_t limit, std::shared_ptr<counter> full)
    : queue_(limit, silent_bell()), full_(std::move(full)) {}

posting port_end::push(message& made, queue::producer* known) {
  const posting outcome = known ? known->push(made) : queue_.push(made);
  if (outcome == posting::full && full_) full_->add();
  // Where it was refused too: a listener may have taken the place that it held for a moment for a message.
  wake();
  return outcome;
}

void port_end::close() noexcept {
  queue_.close();
  wake();
}

void port_end::discard() noexcept {
  while (waiting() > 0) {
    if (!pop()) std::this_thread::yield();  // on its way in, from another thread
  }
}

void port_end::leave(std::unique_ptr<notice> wakes) noexcept {
  std::unique_ptr<notice>(left_.exchange(wakes.release(), std::memory_order_acq_rel)).reset();
}

std::unique_ptr<notice> port_end::take_back() noexcept {
  return std::unique_ptr<notice>(left_.exchange(nullptr, std::memory_order_acq_rel));
}

void port_end::wake() noexcept {
  if (auto found = take_back()) notice::send(std::move(found));
}

std::shared_ptr<port_end> make_port_end(std::size_t limit) {
  const std::shared_ptr<home> here = this_home();
  loop* const owner = here ? here->as_loop() : nullptr;
  return std::make_shared<port_end>(limit, owner ? owner->counters().share("actors.port.full") : nullptr);
}

}  // namespace trireme::actors::detail
