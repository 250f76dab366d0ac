#pragma once
#include <memory>
#include <optional>
#include <string_view>
#include <trireme/core/clock.hpp>
#include <trireme/core/error.hpp>
#include <trireme/proto/encoding.hpp>
#include <trireme/proto/metadata.hpp>
#include <trireme/proto/service.hpp>
#include <trireme/proto/status.hpp>

namespace trireme {
class loop;
}

namespace trireme::proto {

/// What a caller may say of one call.
struct call_options {
  call_options() {}
  /// How long the call may take; none: as long as the server lets it.
  std::optional<duration> timeout;
  /// Sent beside the messages.
  metadata headers;
};

/// The caller's end of one call: what comes back. Implemented by the typed client; driven by the channel.
///
/// Thread: the loop's. Runs no user code from within.
/// Order: any number of `on_message` and `on_ready`, then one `on_finish`. They may be called within
/// `client_channel::open` and every function of `outgoing_call`.
class call_receiver {
public:
  virtual void on_message(encoding format, std::string_view bytes) = 0;
  /// `outgoing_call::ready` turned true.
  virtual void on_ready() = 0;
  virtual void on_finish(const status& outcome, const metadata& trailers) = 0;

protected:
  ~call_receiver() = default;
};

/// One call as its channel sees it, on the client's side.
///
/// Thread: the loop's.
/// Lifetime: destroying it cancels the call where it has not ended; the receiver hears no more.
class outgoing_call {
public:
  virtual ~outgoing_call() = default;
  /// Only while `ready`.
  virtual void send(const google::protobuf::Message& message) = 0;
  /// Whether there is credit and room for one more message.
  virtual bool ready() const = 0;
  virtual void half_close() = 0;
  /// `on_finish` follows, with `canceled` or what came first.
  virtual void cancel() = 0;
  /// The caller has taken one message: room for one more.
  virtual void consumed() = 0;
};

/// Where calls go: the seam under every typed client. `local_channel` calls a dispatcher in the same process.
///
/// Thread: the loop's. Lifetime: outlives its calls.
class client_channel {
public:
  virtual ~client_channel() = default;
  virtual std::unique_ptr<outgoing_call> open(const method_descriptor& method, const call_options& options,
                                              call_receiver& receiver) = 0;
  virtual loop& owner() const noexcept = 0;
};

}  // namespace trireme::proto
