#pragma once
#include <coroutine>
#include <cstdint>
#include <trireme/core/detail/call_place.hpp>
#include <trireme/core/detail/kept_work.hpp>
#include <trireme/core/detail/wakeable.hpp>
#include <type_traits>
#include <utility>

namespace trireme::detail {

class coroutine_frame;

/// The task whose body this thread is in, the innermost one; null outside of tasks.
inline constinit thread_local coroutine_frame* running_frame = nullptr;
/// Numbers the tasks that this thread makes.
inline constinit thread_local std::uint64_t frames_made = 0;

/// Lists work with its loop; see `kept_work`.
void keep_with_loop(loop& owner, kept_work& work) noexcept;

/// Every coroutine's promise_type derives from it; wakes by resuming. Knows for dumps who called it, who
/// awaits it and where it is suspended.
class coroutine_frame : public wakeable, public kept_work {
public:
  coroutine_frame(loop& owner, std::coroutine_handle<> handle) noexcept
      : wakeable(owner),
        handle_(handle),
        parent_(running_frame),
        beneath_(running_frame),
        number_(++frames_made) {
    keep_with_loop(owner, *this);
    running_frame = this;
  }

  bool running() const noexcept { return running_; }
  bool ended() const noexcept { return handle_.done(); }
  std::uint64_t number() const noexcept { return number_; }
  const call_place& place() const noexcept { return place_; }
  /// The task that called this one; may have gone, so it is for comparing only.
  const coroutine_frame* parent() const noexcept { return parent_; }
  /// The task that awaits this one, and so owns it; null where there is none.
  const coroutine_frame* awaited_by() const noexcept { return awaited_by_; }
  void set_awaited_by(const coroutine_frame& frame) noexcept { awaited_by_ = &frame; }

  /// For its awaiters: it suspends, and goes on, once for each time, whoever resumes it; also where after all
  /// it did not suspend.
  void leave() noexcept {
    running_frame = beneath_;
    running_ = false;
  }
  void go_on() noexcept {
    beneath_ = std::exchange(running_frame, this);
    running_ = true;
  }

protected:
  ~coroutine_frame() = default;
  void set_place(const call_place& at) noexcept { place_ = at; }

private:
  void wake() final { handle_.resume(); }  // its awaiter says that it goes on
  std::string describe() const final { return "task " + function_of(place_) + " at " + line_of(place_); }
  void drop() noexcept final {}
  const coroutine_frame* as_frame() const noexcept final { return this; }

  std::coroutine_handle<> handle_;
  const coroutine_frame* const parent_;
  coroutine_frame* beneath_;  // whom it runs on top of; still there when it suspends
  const coroutine_frame* awaited_by_ = nullptr;
  std::uint64_t number_;
  call_place place_;
  bool running_ = true;
};

template <class Promise>
coroutine_frame& frame_of(std::coroutine_handle<Promise> handle) noexcept {
  static_assert(std::is_base_of_v<coroutine_frame, Promise>, "only a task may await this");
  return handle.promise();
}

}  // namespace trireme::detail
