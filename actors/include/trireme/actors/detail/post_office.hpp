#pragma once
#include <array>
#include <atomic>
#include <limits>
#include <memory>
#include <trireme/actors/detail/envelope.hpp>
#include <trireme/actors/detail/slot.hpp>
#include <trireme/core/counters.hpp>
#include <trireme/core/detail/bell.hpp>
#include <trireme/core/detail/job_queue.hpp>

namespace trireme::actors::detail {

/// Where other threads leave messages for the actors of one worker. Made for a worker and used again by the
/// next, in whatever system, but never freed: a sender may still be ringing when the system is gone.
///
/// Thread: `post_user`, `post_control` any; `open` and `close` a system's loop; the rest the worker's.
class post_office {
public:
  /// Throws `error` where the process is out of descriptors.
  static post_office& open();
  /// Nothing is under way any more, nobody lives here.
  void close() noexcept;

  /// For which a place was taken: it will arrive.
  void post_user(std::unique_ptr<envelope> message) noexcept;
  /// Takes the message only where the actor lives; past every limit.
  bool post_control(std::unique_ptr<envelope>& message) noexcept;
  /// Wakes the worker for something that is in no queue.
  void ring() noexcept { bell_.ring_all(); }

  /// Fills `into` with at most `most`, oldest first. Returns how many.
  std::size_t fetch_users(std::unique_ptr<trireme::detail::job>* into, std::size_t most) noexcept {
    return users_.pop_many(into, most);
  }
  /// Null where there is nothing.
  std::unique_ptr<envelope> fetch_control() noexcept;
  /// What was fetched by the handful not included.
  bool empty() const noexcept { return users_.size() == 0 && control_.size() == 0; }
  /// Whether none is on its way to anybody here. Meaningful once nobody lives here.
  bool control_quiet() const noexcept { return control_.size() == 0; }
  trireme::detail::bell& bell() noexcept { return bell_; }

  slot_shelf& shelf_of(bool the_loop) noexcept { return the_loop ? loop_slots_ : worker_slots_; }

  // Constant while somebody lives here.
  counter* full = nullptr;
  // Never reset: whoever reports it takes the difference.
  counter closed;

private:
  post_office();

  static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max() / 2;
  trireme::detail::bell bell_;
  trireme::detail::job_queue users_{unbounded, bell_};  // bounded by the limit of each slot
  // Its count pairs with the generations, as a slot's does.
  trireme::detail::job_queue control_{unbounded, bell_};
  slot_shelf loop_slots_{*this, true};
  slot_shelf worker_slots_{*this, false};
  post_office* next_ = nullptr;
  // Control comes out of its queue by the handful.
  std::array<std::unique_ptr<trireme::detail::job>, 64> desk_;
  std::size_t fetched_ = 0;
  std::size_t opened_ = 0;
};

}  // namespace trireme::actors::detail
