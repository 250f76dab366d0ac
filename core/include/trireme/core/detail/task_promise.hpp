#pragma once
#include <coroutine>
#include <exception>
#include <trireme/core/assert.hpp>
#include <trireme/core/detail/awaiters.hpp>
#include <trireme/core/detail/placed_awaiter.hpp>
#include <trireme/core/detail/settlement.hpp>
#include <trireme/core/detail/this_loop.hpp>
#include <trireme/core/fwd.hpp>

namespace trireme::detail {

/// The `loop&` among a coroutine's parameters, or else the one of this thread.
inline loop& find_loop() noexcept {
  TRIREME_ASSERT(current_loop() != nullptr);
  return *current_loop();
}
template <class First, class... Rest>
loop& find_loop(First& first, Rest&... rest) noexcept {
  if constexpr (std::is_convertible_v<First*, loop*>) {
    return first;
  } else {
    return find_loop(rest...);
  }
}

template <class T>
class task_frame : public settlement<T>, public coroutine_frame {
public:
  task_frame(loop& owner, std::coroutine_handle<> handle)
      : settlement<T>(owner), coroutine_frame(owner, handle) {}

  std::suspend_never initial_suspend(const call_place& at = call_place::current()) noexcept {
    this->set_place(at);
    return {};
  }
  template <class Awaitable>
  auto await_transform(Awaitable&& awaited, const call_place& at = call_place::current()) {
    this->set_place(at);
    return place_awaiter<Awaitable>(std::forward<Awaitable>(awaited));
  }
  auto final_suspend() noexcept {
    this->leave();
    struct settle_at_end {
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<>) noexcept { frame.settle(); }  // may destroy the frame
      void await_resume() const noexcept {}
      task_frame& frame;
    };
    return settle_at_end{*this};
  }
  void unhandled_exception() { this->keep_failure(error::from(std::current_exception())); }

  static void* operator new(std::size_t size) { return recycled_allocate(size); }
  static void operator delete(void* block, std::size_t size) noexcept { recycled_free(block, size); }

protected:
  ~task_frame() = default;
};

template <class T>
class task_promise final : public task_frame<T> {
public:
  template <class... Parameters>
  explicit task_promise(Parameters&... parameters)
      : task_frame<T>(find_loop(parameters...), std::coroutine_handle<task_promise>::from_promise(*this)) {}

  task<T> get_return_object() noexcept;
  template <class Value = T>
  requires std::is_constructible_v<T, Value>
  void return_value(Value&& value) { this->keep_value(std::forward<Value>(value)); }

  std::coroutine_handle<task_promise> handle() noexcept {
    return std::coroutine_handle<task_promise>::from_promise(*this);
  }
  static void abandon(std::coroutine_handle<task_promise> handle) {
    TRIREME_DEBUG_ASSERT(!handle.promise().running());  // a task that runs must not drop itself
    handle.promise().report_untaken();
    handle.destroy();
  }
};

template <>
class task_promise<void> final : public task_frame<void> {
public:
  template <class... Parameters>
  explicit task_promise(Parameters&... parameters)
      : task_frame<void>(find_loop(parameters...), std::coroutine_handle<task_promise>::from_promise(*this)) {
  }

  task<void> get_return_object() noexcept;
  void return_void() noexcept {}

  std::coroutine_handle<task_promise> handle() noexcept {
    return std::coroutine_handle<task_promise>::from_promise(*this);
  }
  static void abandon(std::coroutine_handle<task_promise> handle) {
    TRIREME_DEBUG_ASSERT(!handle.promise().running());  // a task that runs must not drop itself
    handle.promise().report_untaken();
    handle.destroy();
  }
};

template <class T>
class task_awaiter final : public settlement_awaiter {
public:
  explicit task_awaiter(task<T> awaited) noexcept : awaited_(std::move(awaited)) {}
  ~task_awaiter() { this->unlink(); }  // before the settlement goes

  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    awaited_.frame().set_awaited_by(frame_of(handle));
    this->wait(handle, awaited_.settlement());
  }
  T await_resume() { return awaited_.settlement().take(); }
  result<T> await_result() { return awaited_.settlement().take_result(); }

private:
  task<T> awaited_;
};

struct nothing {};

/// Settles a promise in the moment that a task ends. The task belongs to its loop for as long as it runs, so
/// that it goes with the loop at the latest, and after it what was `kept` for it.
template <class T, class Kept = nothing>
class task_to_promise final : public kept_work, public recycled {
public:
  static void start(task<T> source, resolver<T> target, Kept& kept) {
    auto* made = new task_to_promise(std::move(source), std::move(target), kept);
    keep_with_loop(made->source_.owner(), *made);
    made->source_.settlement().attach(made->end_);
  }

private:
  struct end final : reaction {
    explicit end(task_to_promise& ended) : self(ended) {}
    void settled() override { self.finish(); }
    task_to_promise& self;
  };
  task_to_promise(task<T> source, resolver<T> target, Kept& kept) noexcept
      : kept_(std::move(kept)), source_(std::move(source)), target_(std::move(target)), end_(*this) {}

  void drop() noexcept override { delete this; }
  void finish() {
    settle_as(target_, source_.settlement());
    delete this;
  }

  [[no_unique_address]] Kept kept_;
  task<T> source_;
  resolver<T> target_;
  end end_;  // leaves the task's list before the task goes
};

}  // namespace trireme::detail
