#pragma once
#include <trireme/proto/server_call.hpp>
#include <type_traits>

namespace trireme::proto {

/// What a streaming method on the loop writes to.
///
/// Thread: the loop's. Lifetime: until the method's task has ended.
/// Order: messages go out in the order written; what was written goes out before the status, unless the call
/// is stopped. What a followed topic publishes may overtake a write that waits: await it first.
template <class Out>
class async_writer {
public:
  using bound_to_a_loop = void;
  explicit async_writer(server_call& call) noexcept : call_(call) {}
  async_writer(const async_writer&) = delete;
  async_writer& operator=(const async_writer&) = delete;

  /// True once the message is on its way, which waits for the client's credit and for room; false once the
  /// call is over. The message is copied where it must wait. Where `dispatcher_options::max_unsent` writes
  /// wait already, which takes a service that does not await them, the call ends with `resource_exhausted`.
  promise<bool> write(const Out& message) { return call_.write(message); }
  /// Whether a write would not wait.
  bool writable() const { return call_.writable(); }
  /// From now on, until the call ends, what the topic publishes belongs to this stream.
  void follow(topic<Out>& which) { call_.follow(which); }
  /// Settles when the call is stopped, as the client has gone or the deadline has passed, or else when it has
  /// ended.
  promise<void> until_stopped() { return call_.until_stopped(); }

private:
  server_call& call_;
};

template <class Out>
async_writer<Out>& server_call::emplace_writer() {
  static_assert(sizeof(async_writer<Out>) <= sizeof writer_ &&
                std::is_trivially_destructible_v<async_writer<Out>>);
  return *::new (writer_) async_writer<Out>(*this);
}

}  // namespace trireme::proto
