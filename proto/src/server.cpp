#include <trireme/proto/server.hpp>

#include <csignal>
#include <trireme/core/log.hpp>

#include "session_endpoint.hpp"

namespace trireme::proto {

namespace {

namespace http1 = transport::http1;

void answer_with(http1::response to, const connect::reply& reply) {
  to.send(reply.status, reply.content_type, reply.body, reply.headers);
}

}  // namespace

server::server(loop& owner, actors::pool& workers, server_options options)
    : loop_(owner),
      options_(std::move(options)),
      calls_(owner, workers, options_.calls),
      connect_(calls_, options_.connect),
      sessions_(
          std::make_unique<detail::session_endpoint>(owner, calls_, options_.sessions, options_.any_origin)),
      http_(owner, options_.http),
      draining_servers_(owner.counters().get("proto.servers_draining")) {
  http_.upgrade(options_.session_path, sessions_->endpoint());
  http_.fallback([this](const http1::request& from, http1::response to) { serve(from, to); });
  http_.on_rejected([this](const http1::request_head& head, http1::http_error why, http1::response to) {
    reject(head, why, to);
  });
  if (!options_.drain_on_signals) return;
  for (const int number : {SIGTERM, SIGINT}) {
    signals_.push_back(loop_.on_signal(number, [this] { on_signal(); }));
  }
}

server::~server() {
  if (drains_for_signal_) draining_servers_.subtract();
}

void server::serve(const http1::request& from, http1::response to) {
  if (!connect_.serves(from.path())) {
    if (fallback_) return fallback_(from, to);
    to.send(404, "Not found\n");
    return;
  }
  const connect::request call(from.head().method_text, from.path(), from.head().headers(), from.body());
  const connect::ongoing under_way =
      connect_.serve(call, [to](const connect::reply& reply) { answer_with(to, reply); });
  to.on_aborted([under_way] { under_way.cancel(); });
}

void server::reject(const http1::request_head& head, http1::http_error why, http1::response to) {
  if (!connect_.serves(head.path)) return;
  connect::reply reply;
  const bool too_large = http1::http_status_of(why) == 413;
  connect::write_error(status(too_large ? code::resource_exhausted : code::invalid_argument,
                              http1::make_error_code(why).message()),
                       reply);
  answer_with(to, reply);
}

promise<void> server::drain(duration patience) {
  draining_ = true;
  for (auto& hook : drain_hooks_) hook();
  calls_.close();
  sessions_->drain(patience);
  promise<void> sessions_gone = sessions_->drained();
  return http_.drain(patience).then(
      [sessions_gone = std::move(sessions_gone)]() mutable { return std::move(sessions_gone); });
}

void server::on_signal() {
  if (draining_) return loop_.stop(1);
  log(log_level::info, "draining");
  draining_servers_.add();
  drains_for_signal_ = true;
  drain(options_.drain_patience).then([this] { drained_for_signal(); }).detach();
}

// The loop is stopped in the close phase: by then each of its servers has been told.
void server::drained_for_signal() {
  drains_for_signal_ = false;
  draining_servers_.subtract();
  loop_.defer_close([&on = loop_, &draining = draining_servers_] {
    if (draining.value() == 0) on.stop(0);
  });
}

}  // namespace trireme::proto
