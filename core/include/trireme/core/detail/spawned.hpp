#pragma once
#include <coroutine>
#include <optional>
#include <trireme/core/detail/awaiters.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/unique_function.hpp>

namespace trireme::detail {

/// One background task of a scope, which owns it.
class spawned final : public list_node, public wakeable, public recycled {
public:
  spawned(scope& owner, unique_function<task<void>()> work);
  void start();
  void adopt(task<void> running);

private:
  struct end final : reaction {
    explicit end(spawned& ended) : self(ended) {}
    void settled() override { self.wake_soon(); }
    spawned& self;
  };
  void wake() override;

  scope& scope_;
  unique_function<task<void>()> work_;  // holds the captures that the frame of task_ refers to
  std::optional<task<void>> task_;
  end end_;  // leaves the task's list before the task goes
};

/// Waits until a scope has no tasks; is told once, by the scope or as it goes.
struct joiner : list_node {
  virtual void joined() = 0;

protected:
  ~joiner() = default;
};

class join_awaiter final : public joiner {
public:
  explicit join_awaiter(scope& joined) noexcept : scope_(joined) {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    frame_ = &frame_of(handle);
    start();
  }
  void await_resume() const noexcept {}
  result<void> await_result() const noexcept { return {}; }

private:
  void joined() override { frame_->wake_soon(); }
  void start();
  scope& scope_;
  coroutine_frame* frame_ = nullptr;
};

/// Not yet an awaiter, so that `as_result` takes it too.
class join_operation {
public:
  explicit join_operation(scope& joined) noexcept : scope_(joined) {}
  join_awaiter operator co_await() const noexcept { return join_awaiter(scope_); }
  promise<void> as_promise() const;

private:
  scope& scope_;
};

}  // namespace trireme::detail
