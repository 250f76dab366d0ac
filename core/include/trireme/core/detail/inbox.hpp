#pragma once
#include <array>
#include <memory>
#include <trireme/core/counters.hpp>
#include <trireme/core/detail/async_handle.hpp>
#include <trireme/core/detail/bell.hpp>
#include <trireme/core/detail/job_queue.hpp>
#include <trireme/core/unique_function.hpp>
#include <utility>

namespace trireme::detail {

/// What another thread has for a loop: a job, or a callback, which needs no memory of its own.
struct letter {
  std::unique_ptr<job> work;
  unique_function<void()> call;
  void open() { work ? work->run() : call(); }
  explicit operator bool() const noexcept { return work || call; }
};

/// What other threads have for the loop: letters and handles. Each runs in the poll phase as a callback of
/// its own, followed by ticks and microtasks; letters that are left when the loop goes are destroyed on the
/// loop's thread.
///
/// Thread: `post`, `push`, `push_always`, `send` and `closed` from any, the rest from the loop's. Lifetime:
/// shared; outlives the loop where a thread still holds it, and then answers `closed`.
class inbox {
public:
  inbox(std::size_t limit, std::shared_ptr<counter> refused)
      : letters_(limit, bell_), refused_(std::move(refused)) {}

  /// Takes the callback only when posted; counts where there is no place.
  posting post(unique_function<void()>& call);
  posting push(std::unique_ptr<job>& work);
  /// Past the limit too: for results and for control, which are never dropped. `closed` is the only refusal.
  posting push_always(std::unique_ptr<job>& work);
  /// Until `forget` it must stay where it is.
  void send(async_handle& handle) noexcept {
    if (handles_.push(handle)) bell_.ring();
  }
  bool closed() const noexcept { return letters_.closed(); }

  bool empty() const noexcept { return size() == 0 && handles_.empty(); }
  /// Letters.
  std::size_t size() const noexcept { return letters_.size() + (fetched_ - opened_); }
  /// The oldest, to be opened where it lies and then dropped. Null where there is nothing yet.
  letter* next() noexcept;
  void drop(letter* opened) noexcept { *opened = {}; }
  async_handle::queue& handles() noexcept { return handles_; }
  /// Once nobody sends it any more.
  void forget(const async_handle& gone) noexcept { handles_.remove(gone); }
  void close() noexcept { letters_.close(); }

  /// As the bell's.
  bool about_to_sleep() noexcept {
    return bell_.about_to_sleep([this] { return empty() && !closed(); });
  }
  void awake() noexcept { bell_.awake(); }
  int native_handle() const noexcept { return bell_.native_handle(); }

private:
  bell bell_;
  message_queue<letter> letters_;
  async_handle::queue handles_;
  std::shared_ptr<counter> refused_;
  // Letters come out of the queue by the handful.
  std::array<letter, 64> desk_;
  std::size_t fetched_ = 0;
  std::size_t opened_ = 0;
};

}  // namespace trireme::detail
