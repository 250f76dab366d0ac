#include "connection.hpp"

#include <algorithm>
#include <trireme/core/log.hpp>

namespace trireme::transport::http1 {

connection::connection(server& owner, int fd)
    : server_(owner), stream_(std::make_unique<tcp::stream>(owner.streams_, fd, *this)) {
  server_.idle_.start(*this, server_.loop_.now());
}

connection::~connection() = default;

// How a client comes, reads and goes; how it is answered stands in connection_answers.cpp.

void connection::on_data(std::span<char> bytes) {
  if (state_ == state::leaving) return;  // what comes behind the last response is of no interest
  const std::string_view view(bytes.data(), bytes.size());
  if (state_ == state::answering) return keep(view);
  if (pending_.empty()) return keep(view.substr(consume(view)));
  pending_.append(view);
  read_on();
}

/// Handles what is pending, which is nobody's meanwhile: handlers may clear it.
void connection::read_on() {
  std::string bytes = std::move(pending_);
  pending_.clear();
  std::size_t done = std::exchange(spent_, 0);
  done += consume(std::string_view(bytes).substr(done));
  if (state_ == state::leaving || gone_) return;
  if (done > bytes.size() / 2) {
    bytes.erase(0, done);
    done = 0;
  }
  pending_.swap(bytes);
  spent_ = done;
  balance_reading();
  if (peer_done_ && state_ != state::answering && stream_->buffered() <= server_.options_.high_water) leave();
}

/// Handles whole requests while there are any. Returns how many bytes are spent.
std::size_t connection::consume(std::string_view bytes) {
  consuming_ = true;
  std::size_t done = 0;
  while (done < bytes.size() && !choked() && !gone_ && (state_ == state::reading || state_ == state::body)) {
    const std::string_view rest = bytes.substr(done);
    const std::size_t spent = state_ == state::body ? take_body(rest) : take_head(rest);
    done += spent;
    if (spent == 0) break;
  }
  consuming_ = false;
  return state_ == state::leaving || gone_ ? bytes.size() : done;
}

void connection::keep(std::string_view rest) {
  if (rest.empty() || state_ == state::leaving || gone_) return;
  pending_.append(rest);
  balance_reading();
}

/// Reads no further where much is at hand already that has to wait.
void connection::balance_reading() {
  const bool waits = state_ == state::answering || stream_->buffered() > server_.options_.high_water;
  if (waits && pending_.size() - spent_ > server_.options_.max_read_ahead) {
    stream_->pause_reading();
  } else {
    stream_->resume_reading();
  }
}

/// Whether the client must take its responses first, before more of its requests are handled.
bool connection::choked() {
  return stream_->buffered() > server_.options_.high_water && !stream_->flush_now();
}

std::size_t connection::take_head(std::string_view bytes) {
  request_head& head = server_.head_;
  const parse_result parsed = parse_head(bytes, head, server_.options_.head, seen_);
  if (parsed.status == parse_status::incomplete) {
    if (seen_ == 0) server_.heads_.start(*this, server_.loop_.now());
    seen_ = static_cast<std::uint32_t>(bytes.size());
    return 0;
  }
  seen_ = 0;
  ++number_;
  if (parsed.status == parse_status::error) return reject(parsed.error), 0;

  keep_alive_ = head.keep_alive && !server_.draining_;
  old_version_ = head.version == http_version::http_1_0;
  head_only_ = head.method == request_method::head;
  option_ = connection_option_for(head, keep_alive_);
  if (head.wants_websocket()) {
    if (websocket::endpoint* const target = server_.endpoint_for(head)) {
      return upgrade(*target, bytes.substr(parsed.consumed)), bytes.size();
    }
  }
  if (!head.chunked && head.content_length.value_or(0) == 0) {
    handle_request({});
    return parsed.consumed;
  }
  const std::uint64_t length = head.content_length.value_or(0);
  if (!head.chunked && length <= server_.options_.max_body && length <= bytes.size() - parsed.consumed) {
    handle_request(bytes.substr(parsed.consumed, length));
    return parsed.consumed + length;
  }
  begin_body(bytes.substr(0, parsed.consumed));
  return parsed.consumed;
}

void connection::begin_body(std::string_view head_bytes) {
  const request_head& head = server_.head_;
  const std::uint64_t limit = server_.options_.max_body;
  if (!head.chunked && *head.content_length > limit) return refuse(&head, http_error::body_too_large);
  chunked_limits limits;
  limits.max_body = limit;
  body_ = std::make_unique<incoming_body>();
  body_->decoder = chunked_decoder(limits);
  body_->head = head_bytes;
  body_->chunked = head.chunked;
  body_->length = head.content_length.value_or(0);
  state_ = state::body;
  server_.bodies_.start(*this, server_.loop_.now());
  if (head.expect_continue) stream_->write("HTTP/1.1 100 Continue\r\n\r\n");
}

std::size_t connection::take_body(std::string_view bytes) {
  std::size_t consumed = 0;
  bool whole;
  if (body_->chunked) {
    whole = take_chunks(bytes, consumed);
  } else {
    consumed = std::min<std::size_t>(bytes.size(), body_->length - body_->data.size());
    body_->data.append(bytes.substr(0, consumed));
    whole = body_->data.size() == body_->length;
  }
  if (!whole) return consumed;
  const std::unique_ptr<incoming_body> done = std::move(body_);
  state_ = state::reading;
  // The views of the first parse went with the read that brought them.
  (void)parse_head(done->head, server_.head_, server_.options_.head);
  handle_request(done->data);
  return consumed;
}

/// True once the body is whole. A malformed body is refused here.
bool connection::take_chunks(std::string_view bytes, std::size_t& consumed) {
  for (;;) {
    const chunked_decoder::step step = body_->decoder.next(bytes.substr(consumed));
    consumed += step.consumed;
    switch (step.status) {
      case chunked_decoder::status::need_more:
        return false;
      case chunked_decoder::status::data:
        body_->data.append(step.data);
        break;
      case chunked_decoder::status::done:
        return true;
      case chunked_decoder::status::error: {
        const std::string head = std::move(body_->head);
        body_.reset();
        (void)parse_head(head, server_.head_, server_.options_.head);
        refuse(&server_.head_, step.error);
        return false;
      }
    }
  }
}

void connection::handle_request(std::string_view body) {
  state_ = state::answering;
  chunked_ = until_close_ = bodiless_ = false;
  unlink();
  const response answer(server_, id_, number_);
  try {
    server_.dispatch(request(server_.head_, body), answer);
  } catch (...) {
    server_.loop_.uncaught(error::from(std::current_exception()));
    if (state_ != state::answering) return;
    keep_alive_ = false;
    option_ = connection_option::close;
    if (begun()) return cut();
    send(500, "text/plain; charset=utf-8", "Internal server error\n", {});
  }
}

void connection::upgrade(websocket::endpoint& target, std::string_view rest) {
  websocket::handshake_result answer = websocket::check_upgrade(server_.head_, target.handshake());
  std::string text;
  if (answer.accepted() && (target.full() || server_.draining_)) {
    state_ = state::answering;
    keep_alive_ = false;
    option_ = connection_option::close;
    return send(503, "text/plain; charset=utf-8", "Too many connections\n", {});
  }
  websocket::append_handshake_response(text, answer);
  if (!answer.accepted()) {
    stream_->write(text);
    return leave();
  }
  if (!stream_->flush_now()) return leave();  // it has not even read what it asked for before
  const int fd = stream_->release();
  gone();
  std::string behind(rest);
  target.adopt(fd, answer.subprotocol, text, behind);
}

void connection::finish() {
  keep_alive_ = false;
  if (option_ == connection_option::none || option_ == connection_option::keep_alive) {
    option_ = connection_option::close;
  }
  if (state_ == state::reading && pending_.empty()) leave();
}

void connection::on_end() {
  peer_done_ = true;
  if (state_ == state::answering) return abort();
  if (!pending_.empty() && stream_->buffered() > server_.options_.high_water) return;  // `on_drained` goes on
  if (stream_->flush_now()) return gone();
  leave();
}

void connection::on_failed(const error&) {
  abort();
  gone();
}

void connection::abort() {
  if (!handlers_ || !handlers_->aborted) return;
  unique_function<void()> work = std::move(handlers_->aborted);
  work();
}

void connection::cut() {
  abort();
  gone();
}

/// Ends our side and waits a moment for the peer's, so that it can read the last response before a reset.
void connection::leave() {
  if (state_ == state::leaving || gone_) return;
  state_ = state::leaving;
  pending_.clear();
  spent_ = 0;
  body_.reset();
  stream_->resume_reading();
  stream_->shutdown();
  if (stream_->flush_now() && peer_done_) return gone();
  seen_ = static_cast<std::uint32_t>(stream_->buffered());
  if (!gone_) server_.lingering_.start(*this, server_.loop_.now());
}

void connection::linger_out() {
  const auto left = static_cast<std::uint32_t>(stream_->buffered());
  if (left == 0 || left == seen_) return cut();
  seen_ = left;
  server_.lingering_.start(*this, server_.loop_.now());
}

void connection::gone() {
  if (std::exchange(gone_, true)) return;
  unlink();
  stream_->pause_reading();
  server_.remove(*this);
}

}  // namespace trireme::transport::http1
