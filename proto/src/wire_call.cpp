#include "wire_call.hpp"

#include <limits>
#include <trireme/core/assert.hpp>

#include "wire_session_state.hpp"

namespace trireme::proto::wire {

wire_call::~wire_call() {
  ended_ = true;
  server_.reset();
}

server_call& wire_call::server() noexcept {
  TRIREME_ASSERT(server_);  // a socket that calls back from within its own functions
  return *server_;
}

void wire_call::send(const google::protobuf::Message& message) {
  if (ended_ || failure_) return;
  --send_credit_;
  failure_ = session_.write_message(*this, message);
}

bool wire_call::ready() const { return !ended_ && !failure_ && send_credit_ > 0 && session_.writable(); }

bool wire_call::follow(topic_base& topic) { return ended_ || session_.follow(*this, topic); }

void wire_call::consumed() {
  if (ended_ || sizes_.empty()) return;
  const std::size_t bytes = sizes_.pop();
  unread_ -= bytes;
  session_.took(bytes);
  if (input_closed_ || ++taken_ * 2 < session_.initial_credit()) return;
  receive_credit_ += taken_;
  session_.write_credit(*this, taken_);
  taken_ = 0;
}

void wire_call::finish(const status& outcome, const metadata& trailers) {
  if (!ended_) session_.ended(*this, failure_ ? *failure_ : outcome, trailers);
}

bool wire_call::grant(std::uint32_t messages) {
  if (messages > std::numeric_limits<std::uint32_t>::max() - send_credit_) return false;
  send_credit_ += messages;
  return true;
}

bool wire_call::take_receive_credit() noexcept {
  if (receive_credit_ == 0) return false;
  --receive_credit_;
  return true;
}

void wire_call::note_unread(std::size_t bytes) {
  sizes_.push(bytes);
  unread_ += bytes;
}

}  // namespace trireme::proto::wire
