#pragma once
#include <cstddef>
#include <trireme/core/promise.hpp>
#include <trireme/proto/detail/fifo.hpp>
#include <trireme/proto/detail/message_ptr.hpp>

namespace trireme::proto::detail {

/// Where an `output` sends.
struct output_sink {
  virtual bool sink_ready() const = 0;
  virtual void sink_send(const google::protobuf::Message& message) = 0;
  /// The limit is reached: ends the call, for a peer that does not take what it asked for.
  virtual void sink_full() = 0;

protected:
  ~output_sink() = default;
};

/// What one side of a call has written and could not send yet.
class output {
public:
  output(loop& writer, output_sink& sink, std::size_t limit) noexcept
      : loop_(writer), sink_(sink), limit_(limit) {}
  output(const output&) = delete;
  output& operator=(const output&) = delete;
  ~output() { close(); }

  /// True once the message was handed on, false once closed. At the limit `sink_full` is told, and it is
  /// false.
  promise<bool> write(const google::protobuf::Message& message);
  /// The same without a promise: false where it was not taken.
  bool push(const google::protobuf::Message& message);
  bool push(message_ptr message);
  /// Sends what may be sent. Returns how many messages left the queue.
  std::size_t flush();
  /// Drops what waits; its writes and all later ones answer false.
  void close();

  bool writable() const { return !closed_ && queue_.empty() && sink_.sink_ready(); }
  bool empty() const noexcept { return queue_.empty(); }
  bool full() const noexcept { return queue_.size() >= limit_; }
  bool closed() const noexcept { return closed_; }

private:
  struct item {
    item(message_ptr given_message, trireme::detail::promise_ref<bool> given_writer)
        : message(std::move(given_message)), writer(std::move(given_writer)) {}
    message_ptr message;
    trireme::detail::promise_ref<bool> writer;  // null where nobody waits
  };

  loop& loop_;
  output_sink& sink_;
  const std::size_t limit_;
  fifo<item> queue_;
  bool closed_ = false;
};

}  // namespace trireme::proto::detail
