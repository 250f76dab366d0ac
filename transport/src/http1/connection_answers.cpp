// How a client's requests are refused and answered.
#include <trireme/core/log.hpp>

#include "connection.hpp"

namespace trireme::transport::http1 {

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
  chunked_ ? write_chunk(piece) : stream_->write(piece);
  // False only where the kernel takes no more: nothing else leads to `on_drained`.
  return (stream_->buffered() <= server_.options_.high_water || stream_->flush_now()) && !gone_;
}

void connection::write_chunk(std::string_view piece) {
  if (piece.empty()) return;  // that would end the body
  stream_->append().append(make_chunk_header(piece.size()).view());
  stream_->write(piece);
  if (!gone_) stream_->append().append("\r\n");
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

}  // namespace trireme::transport::http1
