#pragma once
#include <cstddef>
#include <trireme/proto/client_channel.hpp>
#include <trireme/proto/dispatcher.hpp>

namespace trireme::proto {

/// How a local channel behaves.
struct local_channel_options {
  local_channel_options() {}
  encoding format = encoding::protobuf;
  /// Messages of one call, in each direction, that the other side has not read.
  std::size_t window = 16;
  /// What the service sees as its caller.
  std::string peer = "local";
};

/// Calls a dispatcher on the same loop without a transport: messages are encoded and decoded as on a wire,
/// with a window in the place of credit. For tests, and for services that call each other in one process.
///
/// Thread: the loop's. Lifetime: the dispatcher outlives it; it outlives its calls.
class local_channel final : public client_channel {
public:
  explicit local_channel(dispatcher& server, local_channel_options options = {})
      : server_(server), options_(std::move(options)) {}
  std::unique_ptr<outgoing_call> open(const method_descriptor& method, const call_options& options,
                                      call_receiver& receiver) override;
  loop& owner() const noexcept override { return server_.owner(); }

private:
  dispatcher& server_;
  const local_channel_options options_;
};

}  // namespace trireme::proto
