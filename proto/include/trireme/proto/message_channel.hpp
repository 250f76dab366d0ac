#pragma once
#include <trireme/proto/encoding.hpp>
#include <trireme/proto/metadata.hpp>
#include <trireme/proto/status.hpp>

namespace google::protobuf {
class Message;
}

namespace trireme::proto {

class topic_base;

/// One call as its binding sees it: where what the service says leaves. Implemented by each binding (Connect,
/// the WebSocket session, `local_channel`); driven by the `server_call` that `dispatcher::open` made for it.
///
/// Thread: the loop's.
/// Lifetime: outlives the call's `finish`, or its `call_ptr` where that goes first.
/// Order: any number of `send` and `follow`, then one `finish`. All may be called from within
/// `dispatcher::open`, `server_call::message` and the others: a binding must cope with being finished before
/// it has its `call_ptr`.
class message_channel {
public:
  /// Constant: how the client writes, and wants to be answered.
  virtual encoding wire_encoding() const = 0;
  /// Encodes and writes one message. Called only while `ready`.
  virtual void send(const google::protobuf::Message& message) = 0;
  /// Whether there is credit and room for one more message. Once it turns true again, call
  /// `server_call::ready`.
  virtual bool ready() const = 0;
  /// Binds the topic to this call: from now on what is published belongs to it too. False where the binding
  /// has no such thing: then the runtime sends each message by itself.
  virtual bool follow(topic_base& topic) = 0;
  /// The service has taken one of the client's messages: room for one more. Only streams of the client's call
  /// it.
  virtual void consumed() {}
  /// The end. The runtime does not touch the channel after it.
  virtual void finish(const status& outcome, const metadata& trailers) = 0;

protected:
  ~message_channel() = default;
};

}  // namespace trireme::proto
