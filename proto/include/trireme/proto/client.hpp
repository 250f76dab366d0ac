#pragma once
#include <memory>
#include <optional>
#include <trireme/core/promise.hpp>
#include <trireme/proto/client_channel.hpp>
#include <trireme/proto/detail/client_state.hpp>
#include <utility>

namespace trireme::proto {

/// The replies of a call that streams from the server. Destroying it cancels the call.
///
/// Thread: the loop's.
/// Errors: a status that is not ok rejects `read`, as an error whose code is of `status_category`.
template <class Out>
class client_reader {
public:
  using bound_to_a_loop = void;
  explicit client_reader(std::unique_ptr<detail::client_stream_state<Out>> state) noexcept
      : state_(std::move(state)) {}

  /// The next message; nothing at the end. One read at a time.
  promise<std::optional<Out>> read() { return state_->read(); }
  void cancel() { state_->cancel(); }
  /// After the end.
  const metadata& trailers() const noexcept { return state_->trailers(); }

private:
  std::unique_ptr<detail::client_stream_state<Out>> state_;
};

/// A call that streams to the server and gets one reply. Destroying it before `finish` cancels the call.
///
/// Thread: the loop's.
template <class In, class Out>
class client_call {
public:
  using bound_to_a_loop = void;
  client_call(std::shared_ptr<detail::client_reply_state<Out>> state, promise<Out> reply)
      : state_(std::move(state)), reply_(std::move(reply)) {
    // The call may fail while its user is still writing, and then asks for the reply only later.
    std::as_const(*reply_).then([](const Out&) {}, [](const error&) {}).detach();
  }
  client_call(client_call&&) noexcept = default;
  client_call& operator=(client_call&&) = delete;
  ~client_call() {
    if (state_ && reply_) state_->cancel();
  }

  /// True once the message is on its way; false once the call has ended, whose reason `finish` tells. Where
  /// 64 writes wait already the call is cancelled.
  promise<bool> write(const In& message) { return state_->write(message); }
  /// Says that no more come. Once.
  promise<Out> finish() {
    state_->half_close();
    return std::move(*std::exchange(reply_, std::nullopt));
  }
  void cancel() { state_->cancel(); }

private:
  std::shared_ptr<detail::client_reply_state<Out>> state_;
  std::optional<promise<Out>> reply_;
};

/// A call that streams both ways. Destroying it cancels the call.
///
/// Thread: the loop's.
/// Errors: as `client_reader`.
template <class In, class Out>
class client_stream {
public:
  using bound_to_a_loop = void;
  explicit client_stream(std::unique_ptr<detail::client_stream_state<Out>> state) noexcept
      : state_(std::move(state)) {}

  /// As `client_call::write`; `read` tells the reason.
  promise<bool> write(const In& message) { return state_->write(message); }
  void half_close() { state_->half_close(); }
  promise<std::optional<Out>> read() { return state_->read(); }
  void cancel() { state_->cancel(); }
  const metadata& trailers() const noexcept { return state_->trailers(); }

private:
  std::unique_ptr<detail::client_stream_state<Out>> state_;
};

/// For the clients that the plugin writes: one message there, one back.
template <class In, class Out>
promise<Out> call_unary(client_channel& channel, const method_descriptor& method, const In& request,
                        const call_options& options = {}) {
  const auto state = std::make_shared<detail::client_reply_state<Out>>(channel, method);
  promise<Out> reply = state->begin(options);
  state->write(request).detach();
  state->half_close();
  return reply;
}

/// One message there, many back.
template <class In, class Out>
client_reader<Out> call_server_stream(client_channel& channel, const method_descriptor& method,
                                      const In& request, const call_options& options = {}) {
  auto state = std::make_unique<detail::client_stream_state<Out>>(channel, method);
  state->open(options);
  state->write(request).detach();
  state->half_close();
  return client_reader<Out>(std::move(state));
}

/// Many messages there, one back.
template <class In, class Out>
client_call<In, Out> call_client_stream(client_channel& channel, const method_descriptor& method,
                                        const call_options& options = {}) {
  auto state = std::make_shared<detail::client_reply_state<Out>>(channel, method);
  promise<Out> reply = state->begin(options);
  return client_call<In, Out>(std::move(state), std::move(reply));
}

/// Many messages both ways.
template <class In, class Out>
client_stream<In, Out> call_bidi(client_channel& channel, const method_descriptor& method,
                                 const call_options& options = {}) {
  auto state = std::make_unique<detail::client_stream_state<Out>>(channel, method);
  state->open(options);
  return client_stream<In, Out>(std::move(state));
}

}  // namespace trireme::proto
