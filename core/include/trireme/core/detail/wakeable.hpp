#pragma once
#include <string>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/this_loop.hpp>
#include <trireme/core/loop.hpp>
#include <typeinfo>
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
    if (queued_) return;
    loop_.queue_microtask_in(context_, call(*this));
  }

protected:
  ~wakeable() {
    if (queued_) queued_->target_ = nullptr;
  }
  virtual void wake() = 0;
  /// What the report of a microtask chain that does not end shows.
  virtual std::string describe() const { return type_name(typeid(*this)); }

private:
  /// The queued microtask. It and what it wakes know each other, whichever goes first, so that neither is
  /// counted nor allocated.
  class call {
  public:
    explicit call(wakeable& woken) noexcept { bind(&woken); }
    call(call&& other) noexcept { bind(std::exchange(other.target_, nullptr)); }
    ~call() {
      if (target_) target_->queued_ = nullptr;
    }
    std::string describe() const { return target_ ? target_->describe() : "nobody any more"; }
    void operator()() {
      wakeable* const woken = std::exchange(target_, nullptr);
      if (!woken) return;
      woken->queued_ = nullptr;
      woken->wake();
    }

  private:
    friend class wakeable;
    void bind(wakeable* woken) noexcept {
      target_ = woken;
      if (woken) woken->queued_ = this;
    }
    wakeable* target_;
  };

  context_ptr context_;
  loop& loop_;
  call* queued_ = nullptr;
};

}  // namespace trireme::detail
