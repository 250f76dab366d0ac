#pragma once
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <trireme/core/clock.hpp>
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <trireme/core/error.hpp>
#include <utility>

namespace trireme {

class context;

/// A counted handle on a context. Null is the root: no deadline, never stopped.
///
/// Thread: the loop's; the count is not atomic.
class context_ptr {
public:
  using bound_to_a_loop = void;
  context_ptr() noexcept = default;
  explicit context_ptr(context* pointer) noexcept;
  context_ptr(const context_ptr& other) noexcept;
  context_ptr(context_ptr&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
  // Two, for clang 14 forgets to destroy a parameter taken by value where a template assigns `{}`.
  context_ptr& operator=(const context_ptr& other) noexcept { return *this = context_ptr(other); }
  context_ptr& operator=(context_ptr&& other) noexcept {
    context_ptr taken(std::move(other));
    std::swap(pointer_, taken.pointer_);
    return *this;
  }
  ~context_ptr();

  context* get() const noexcept { return pointer_; }
  context* operator->() const noexcept { return pointer_; }
  context& operator*() const noexcept { return *pointer_; }
  explicit operator bool() const noexcept { return pointer_ != nullptr; }
  friend bool operator==(const context_ptr&, const context_ptr&) = default;

private:
  static void destroy(context* last) noexcept;
  context* pointer_ = nullptr;
};

/// Something to be told of a stop: derive, link with `context::watch`. Unlinks itself when destroyed.
///
/// Thread: the loop's. `on_stop` runs once, on the loop, inside `request_stop`; it may destroy anything.
class stop_watch : public detail::list_node {
public:
  using bound_to_a_loop = void;
  stop_watch() = default;
  stop_watch(const stop_watch&) = delete;
  stop_watch& operator=(const stop_watch&) = delete;
  virtual void on_stop(const error& reason) = 0;
  /// For `context` only: the child that `on_stop` would stop.
  virtual context* child() noexcept { return nullptr; }

protected:
  ~stop_watch() = default;
};

/// What a piece of work carries along: whether it was told to stop, its deadline, its trace, and its parent.
/// The loop has a current one; every callback and task captures it and finds it current again when it runs.
///
/// Thread: the loop's. Only the loop requests a stop; a stop reaches all children at once.
/// Lifetime: counted; children keep their parent. What is armed under a context belongs to it and keeps it,
/// also after the work that made it has ended: work that arms its own successor under a child of its own each
/// time makes a chain of parents that grows.
class context : public detail::recycled {
public:
  /// A child of `parent`, which may be null.
  static context_ptr make(context_ptr parent);
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  bool stop_requested() const noexcept { return static_cast<bool>(reason_); }
  /// Why; tests false while no stop was requested.
  const error& stop_reason() const noexcept { return reason_; }
  /// Stops this context and its children. The first reason wins; a second call does nothing.
  void request_stop(error reason = errc::canceled);
  /// Calls `watcher.on_stop` at once where the stop has already been requested.
  void watch(stop_watch& watcher);

  /// The stop as the standard library knows it, for code that takes a `std::stop_token`. Made when first
  /// asked for, with one allocation; the token may be used on any thread and outlive the context. Callbacks
  /// registered before the stop run on the loop, inside `request_stop`, before the watchers; those registered
  /// after it run at once on the thread that registers them, as the standard has it. A stop of a parent
  /// reaches it too.
  std::stop_token stop_token();

  /// The nearest deadline of this context and its parents.
  std::optional<time_point> deadline() const noexcept;
  void set_deadline(time_point when) noexcept { deadline_ = when; }

  /// Free text that names the piece of work in logs; inherited where not set.
  const std::string& trace() const noexcept;
  void set_trace(std::string trace) { trace_ = std::move(trace); }
  const context_ptr& parent() const noexcept { return parent_; }

private:
  friend class context_ptr;
  struct parent_watch final : stop_watch {
    explicit parent_watch(context& owner) : owner_(owner) {}
    void on_stop(const error& reason) override { owner_.request_stop(reason); }
    context* child() noexcept override { return &owner_; }
    context& owner_;
  };

  explicit context(context_ptr parent);
  ~context() = default;
  void begin_stop(error reason);
  context_ptr tell_next();

  context_ptr parent_;
  std::uint32_t count_ = 0;
  error reason_;
  std::optional<time_point> deadline_;
  std::string trace_;
  std::stop_source stop_source_{std::nostopstate};
  detail::list<stop_watch> watchers_;
  parent_watch link_;
};

inline context_ptr::context_ptr(context* pointer) noexcept : pointer_(pointer) {
  if (pointer_) ++pointer_->count_;
}
inline context_ptr::context_ptr(const context_ptr& other) noexcept : context_ptr(other.pointer_) {}
inline context_ptr::~context_ptr() {
  if (pointer_ && --pointer_->count_ == 0) destroy(pointer_);
}

}  // namespace trireme
