#include <trireme/transport/websocket/connection.hpp>

#include <trireme/transport/websocket/endpoint.hpp>

namespace trireme::transport::websocket {

std::string encode_frame(std::string_view payload, bool text) {
  std::string frame;
  append_frame(frame, text ? opcode::text : opcode::binary, true, payload);
  return frame;
}

connection::connection(endpoint& owner, std::unique_ptr<tcp::stream> stream, std::string_view subprotocol)
    : endpoint_(owner),
      stream_(std::move(stream)),
      parser_(role::server, owner.limits_),
      subprotocol_(subprotocol) {
  stream_->set_protocol(*this);
}

connection::~connection() = default;

bool connection::send(std::string_view payload, bool text) {
  if (closing()) return false;
  const frame_header header = make_frame_header(text ? opcode::text : opcode::binary, payload.size());
  stream_->write_through(header.view(), payload);
  return !gone_;
}

bool connection::send_frame(std::string_view frame) {
  if (closing()) return false;
  stream_->write(frame);
  return !gone_;
}

void connection::close(close_code code, std::string_view reason) {
  if (closing()) return;
  close_sent_ = true;
  append_close(stream_->append(), code, reason);
  endpoint_.leaving_.start(*this, endpoint_.loop_.now());
}

/// What a handler throws is reported, and ends this connection only.
template <class Work>
void connection::guarded(Work&& work) {
  try {
    work();
  } catch (...) {
    endpoint_.loop_.uncaught(error::from(std::current_exception()));
    close(close_code::internal_error);
  }
}

void connection::opened() {
  guarded([this] { endpoint_.handler_.on_open(*this); });
}

void connection::on_data(std::span<char> bytes) {
  if (parted_) return;
  heard();
  if (!partial_ || partial_->bytes.empty()) return keep_rest(bytes, consume(bytes));
  std::string kept = std::move(partial_->bytes);
  kept.append(bytes.data(), bytes.size());
  keep_rest(kept, consume(kept));
}

std::size_t connection::consume(std::span<char> bytes) {
  std::size_t done = 0;
  while (!gone_ && !parted_) {
    const event found = parser_.next(bytes.subspan(done));
    done += found.consumed;
    if (!take(found)) break;
  }
  return done;
}

bool connection::take(const event& found) {
  switch (found.kind) {
    case event_kind::need_more:
      return false;
    case event_kind::data:
      take_piece(found);
      return true;
    case event_kind::ping:
      if (!closing()) {
        stream_->write_through(make_frame_header(opcode::pong, found.payload.size()).view(), found.text());
      }
      return true;
    case event_kind::pong:
      return true;
    case event_kind::close:
      take_close(found);
      return false;
    case event_kind::error:
      break;
  }
  const close_code code = close_code_of(found.error);
  close(code, make_error_code(found.error).message());
  part(code, {});
  return false;
}

void connection::take_piece(const event& found) {
  if (close_sent_) return;
  const bool text = found.type == opcode::text;
  if (found.whole_message()) return deliver(found.payload, text);
  if (!partial_) partial_ = std::make_unique<partial>();
  partial_->message.append(found.payload.data(), found.payload.size());
  if (!found.ends) return;
  std::string whole = std::move(partial_->message);
  partial_->message.clear();
  deliver(whole, text);
}

void connection::deliver(std::span<char> message, bool text) {
  guarded([&] { endpoint_.handler_.on_message(*this, message, text); });
}

void connection::take_close(const event& found) {
  const bool ours = close_sent_;
  if (!ours) close(found.code);  // RFC 6455 §5.5.1: answer with the same code
  part(found.code, found.text());
}

void connection::keep_rest(std::span<char> bytes, std::size_t consumed) {
  if (gone_ || parted_) return;
  if (consumed < bytes.size()) {
    if (!partial_) partial_ = std::make_unique<partial>();
    partial_->bytes.assign(bytes.data() + consumed, bytes.size() - consumed);
  } else if (partial_ && partial_->message.empty()) {
    partial_.reset();
  }
}

void connection::heard() {
  if (close_sent_) return;
  endpoint_.silent_.start(*this, endpoint_.loop_.now());
}

void connection::ping() {
  append_frame(stream_->append(), opcode::ping, true, {});
  endpoint_.pinged_.start(*this, endpoint_.loop_.now());
}

void connection::on_drained() {
  if (!parted_) return endpoint_.handler_.on_drained(*this);
  if (peer_done_) leave();
}

void connection::on_end() {
  peer_done_ = true;
  if (!parted_ || stream_->buffered() == 0) leave();
}

void connection::on_failed(const error&) { leave(); }

/// Ends our side and waits for the peer's: to close while it still sends would take from it what it has not
/// read, our close frame first of all. In `leaving_` since that was sent.
void connection::part(close_code code, std::string_view reason) {
  if (gone_ || std::exchange(parted_, true)) return;
  code_ = code;
  partial_.reset();
  if (!reason.empty()) {
    partial_ = std::make_unique<partial>();
    partial_->message = reason;
  }
  stream_->resume_reading();
  stream_->shutdown();
  stream_->flush_now();
}

void connection::leave() {
  if (std::exchange(gone_, true)) return;
  stream_->shutdown();
  stream_->flush_now();
  stream_->pause_reading();
  endpoint_.remove(*this);
}

}  // namespace trireme::transport::websocket
