#pragma once
#include <cstdint>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <trireme/core/detail/this_loop.hpp>
#include <trireme/core/loop.hpp>
#include <utility>

namespace trireme::detail {

/// Something that is woken by a microtask, in the context it was made under, and may be destroyed while that
/// microtask is queued: the wake then does nothing. Waking twice before it ran is waking once.
class wakeable {
public:
  explicit wakeable(loop& owner) : context_(owner.current()), loop_(owner) {}
  wakeable(const wakeable&) = delete;
  wakeable& operator=(const wakeable&) = delete;

  loop& owner() const noexcept { return loop_; }
  const context_ptr& bound_context() const noexcept { return context_; }

  void wake_soon() {
    if (!ticket_) ticket_ = new ticket(*this);
    if (std::exchange(ticket_->queued, true)) return;
    if (loop_.current() == context_) {
      loop_.queue_microtask(call{*ticket_});
    } else {
      loop_.run_in(context_, [this] { loop_.queue_microtask(call{*ticket_}); });
    }
  }

protected:
  ~wakeable() {
    if (!ticket_) return;
    ticket_->target = nullptr;
    release(ticket_);
  }
  virtual void wake() = 0;

private:
  /// Outlives whichever of the wakeable and the queued microtask goes first.
  struct ticket : recycled {
    explicit ticket(wakeable& woken) noexcept : target(&woken) {}
    wakeable* target;
    std::uint32_t count = 1;
    bool queued = false;
  };
  static void release(ticket* which) noexcept {
    if (--which->count == 0) delete which;
  }

  struct call {
    explicit call(ticket& which) noexcept : ticket_(&which) { ++which.count; }
    call(call&& other) noexcept : ticket_(std::exchange(other.ticket_, nullptr)) {}
    ~call() {
      if (ticket_) release(ticket_);
    }
    void operator()() {
      ticket_->queued = false;
      if (ticket_->target) ticket_->target->wake();
    }
    ticket* ticket_;
  };

  context_ptr context_;
  loop& loop_;
  ticket* ticket_ = nullptr;
};

}  // namespace trireme::detail
