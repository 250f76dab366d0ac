#pragma once
#include <stop_token>
#include <string>
#include <trireme/actors/detail/crossing.hpp>
#include <trireme/core/posting.hpp>
#include <trireme/core/unique_function.hpp>

namespace trireme::actors {

namespace detail {
template <class In, class Out>
class typed_worker;
}

/// A worker's end of its channel to the loop: Node's `parentPort`. `Out` goes to the loop, `In` comes from
/// it.
///
/// Thread: `post_message`, `stop_requested`, `stop_token` and `name` from any that the worker may have
/// started, the rest the worker's. Lifetime: as long as the body's state; threads that the worker started end
/// before it does. Order: messages arrive in the order posted, each as a loop callback with its own ticks and
/// microtasks.
template <class Out, class In>
class worker_port {
public:
  using bound_to_a_loop = void;
  worker_port(const worker_port&) = delete;
  worker_port& operator=(const worker_port&) = delete;

  /// `full` and `closed` leave the message with the caller.
  posting post_message(Out&& message) const { return core_.post_out(std::move(message)); }
  /// Replaces the previous handler. A worker that listens neither here nor to a port exits with code 0, as in
  /// Node.
  void on_message(unique_function<void(In)> handler) { core_.listen(std::move(handler)); }
  /// Exits after the call that is running, without reading what still waits.
  void close(int exit_code = 0) noexcept { core_.close(exit_code); }

  /// Whether `terminate` was called, or the worker's handle destroyed. Work that takes long checks it.
  bool stop_requested() const noexcept { return core_.stop().stop_requested(); }
  /// The same as a token. Its stop callbacks run on the loop's thread.
  std::stop_token stop_token() const noexcept { return core_.stop().get_token(); }
  const std::string& name() const noexcept { return core_.name(); }

private:
  friend class detail::typed_worker<In, Out>;
  explicit worker_port(detail::typed_worker<In, Out>& core) noexcept : core_(core) {}
  detail::typed_worker<In, Out>& core_;
};

}  // namespace trireme::actors
