#include "connection.hpp"

#include <algorithm>
#include <trireme/core/log.hpp>

namespace trireme::transport::http1 {

connection::connection(server& owner, int fd)
    : server_(owner), stream_(std::make_unique<tcp::stream>(owner.streams_, fd, *this)) {
  server_.idle_.start(*this, server_.loop_.now());
}

connection::~connection() = default;

// Reading.

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

// Refusing.

void connection::reject(http_error why) {
  old_version_ = false;
  head_only_ = false;
  refuse(nullptr, why);
}

void connection::refuse(const request_head* head, http_error why) {
  server_.loop_.counters().get("http1.refused").add();
  state_ = state::answering;
  chunked_ = until_close_ = bodiless_ = false;
  keep_alive_ = false;
  option_ = connection_option::close;
  if (head && server_.rejected_) server_.rejected_(*head, why, response(server_, id_, number_));
  if (state_ != state::answering || begun()) return;
  send(http_status_of(why), "text/plain; charset=utf-8", make_error_code(why).message() + "\n", {});
}

void connection::time_out() {
  if (state_ == state::reading && (pending_.empty() || stream_->buffered() > 0)) return leave();
  if (state_ == state::reading) head_only_ = false;  // that was the request before
  ++number_;
  state_ = state::answering;
  keep_alive_ = false;
  option_ = connection_option::close;
  send(408, "text/plain; charset=utf-8", "Request timed out\n", {});
}

// Answering.

response_head connection::head_for(int status, std::string_view content_type,
                                   std::span<const header> headers) const {
  response_head head(status);
  head.content_type = content_type;
  head.connection = option_;
  head.headers = headers;
  if (server_.options_.send_date) head.date = server_.date();
  return head;
}

void connection::write_head(const response_head& head) {
  const http_error wrong =
      head.status < 200 ? http_error::invalid_status : append_response_head(stream_->append(), head);
  if (wrong == http_error::none) return;
  log(log_level::error, "http1: response not sent: " + make_error_code(wrong).message());
  response_head instead(500);
  instead.connection = connection_option::close;
  keep_alive_ = false;
  bodiless_ = true;
  (void)append_response_head(stream_->append(), instead);
}

void connection::send(int status, std::string_view content_type, std::string_view body,
                      std::span<const header> headers) {
  response_head head = head_for(status, content_type, headers);
  head.content_length = body.size();
  if (status == 304 && body.empty()) head.framing = body_framing::none;  // the length of the 200 is not known
  bodiless_ = head_only_ || status == 204 || status == 304;
  write_head(head);
  if (!bodiless_) stream_->append().append(body);
  answered();
}

void connection::start(int status, std::string_view content_type, std::span<const header> headers) {
  chunked_ = !old_version_;
  until_close_ = old_version_;
  if (old_version_) {
    keep_alive_ = false;
    option_ = connection_option::close;
  }
  response_head head = head_for(status, content_type, headers);
  head.framing = chunked_ ? body_framing::chunked : body_framing::none;
  bodiless_ = head_only_ || status == 204 || status == 304;
  write_head(head);
}

bool connection::write(std::string_view piece) {
  if (bodiless_) return true;
  if (chunked_) {
    append_chunk(stream_->append(), piece);
    stream_->write({});
  } else {
    stream_->write(piece);
  }
  // False only where the kernel takes no more: nothing else leads to `on_drained`.
  return (stream_->buffered() <= server_.options_.high_water || stream_->flush_now()) && !gone_;
}

void connection::end() {
  if (chunked_ && !bodiless_) stream_->append().append(last_chunk);
  answered();
}

void connection::answered() {
  handlers_.reset();
  if (gone_) return;
  if (!keep_alive_ || server_.draining_) return leave();
  if (peer_done_ && pending_.empty() && !consuming_) return leave();
  state_ = state::reading;
  server_.idle_.start(*this, server_.loop_.now());
  if (consuming_) return;
  balance_reading();
  if (pending_.empty()) return;
  // Not from within the caller's stack: the next request may be answered there as well, and so on without
  // end.
  server_.loop_.next_tick([weak = std::weak_ptr(server_.self_), id = id_] {
    const auto owner = weak.lock();
    connection* const self = owner ? owner->connections_.find(id) : nullptr;
    if (self && self->state_ == state::reading && !self->consuming_ && !self->gone_) self->read_on();
  });
}

connection::handlers& connection::waits() {
  if (!handlers_) handlers_ = std::make_unique<handlers>();
  return *handlers_;
}

void connection::on_drained() {
  if (state_ == state::leaving) {
    if (peer_done_) return gone();
    return server_.lingering_.start(*this, server_.loop_.now());
  }
  if (handlers_ && handlers_->drained) {
    unique_function<void()> work = std::move(handlers_->drained);
    work();
  }
  const bool waiting = !pending_.empty() && state_ != state::answering && state_ != state::leaving;
  if (waiting && !consuming_ && !gone_) read_on();
}

// Leaving.

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
