#include <trireme/transport/websocket/connection.hpp>

#include <trireme/transport/websocket/endpoint.hpp>

#include "partial.hpp"

namespace trireme::transport::websocket {

namespace {

/// So many bytes of a message are worth a read of their own, which spares their copy.
constexpr std::size_t read_in_place_from = std::size_t{64} << 10;

opcode kind_of(bool text) noexcept { return text ? opcode::text : opcode::binary; }

}  // namespace

std::string encode_frame(std::string_view payload, bool text) {
  std::string frame;
  append_frame(frame, kind_of(text), true, payload);
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
  const frame_header header = make_frame_header(kind_of(text), payload.size());
  stream_->write_through(header.view(), payload);
  return !gone_;
}

bool connection::send(const shared_bytes& payload, bool text) {
  if (closing()) return false;
  const frame_header header = make_frame_header(kind_of(text), payload.size());
  stream_->write_shared(header.view(), payload);
  return !gone_;
}

shared_bytes connection::keep(std::span<const char> message) const {
  if (partial_ && partial_->message.holds(message)) return partial_->message.share(message);
  return shared_bytes::copy_of({message.data(), message.size()});
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
  if (!partial_ || partial_->begun.empty()) return keep_rest(bytes, consume(bytes));
  bytes = complete_begun(bytes);
  if (!bytes.empty()) keep_rest(bytes, consume(bytes));
}

connection::progress connection::consume(std::span<char> bytes) {
  progress made{0, 0};
  while (made.done < bytes.size() && !gone_ && !parted_) {
    const event found = parser_.next(bytes.subspan(made.done));
    made.done += found.consumed;
    if (!take(found)) {
      made.need = found.need;
      break;
    }
  }
  return made;
}

/// Adds to what was kept of a frame as much as that waits for. The rest is parsed where it is.
std::span<char> connection::complete_begun(std::span<char> bytes) {
  while (!bytes.empty() && partial_ && !partial_->begun.empty()) {
    std::string begun = std::move(partial_->begun);
    partial_->begun.clear();
    const std::span<char> missing = bytes.first(std::min(bytes.size(), partial_->need - begun.size()));
    begun.append(missing.data(), missing.size());
    bytes = bytes.subspan(missing.size());
    keep_rest(begun, consume(begun));
    if (gone_ || parted_) return {};
  }
  return bytes;
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
  message_buffer& message = partial_->message;
  message.append(found.payload, static_cast<std::size_t>(parser_.remaining()));
  // Each time: more of the frame may have come in the read that brought its beginning.
  const auto room = message.room(parser_.remaining());
  stream_->read_next_into(room.size() >= read_in_place_from ? room : std::span<char>());
  if (!found.ends) return;
  deliver(message.bytes(), text);
  message.clear();
}

void connection::deliver(std::span<char> message, bool text) {
  guarded([&] { endpoint_.handler_.on_message(*this, message, text); });
}

void connection::take_close(const event& found) {
  const bool ours = close_sent_;
  if (!ours) close(found.code);  // RFC 6455 §5.5.1: answer with the same code
  part(found.code, found.text());
}

void connection::keep_rest(std::span<char> bytes, progress made) {
  if (gone_ || parted_) return;
  if (made.done < bytes.size()) {
    if (!partial_) partial_ = std::make_unique<partial>();
    partial_->begun.assign(bytes.data() + made.done, bytes.size() - made.done);
    partial_->need = made.need;
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
  stream_->read_next_into({});
  partial_.reset();
  if (!reason.empty()) {
    partial_ = std::make_unique<partial>();
    partial_->reason = reason;
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
