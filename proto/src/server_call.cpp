#include <string>
#include <trireme/core/log.hpp>
#include <trireme/proto/codec.hpp>
#include <trireme/proto/dispatcher.hpp>
#include <trireme/proto/server_call.hpp>

#include "server_call_pin.hpp"
#include "write_gate.hpp"

namespace trireme::proto {

/// Sends what a topic publishes by one call, where the binding cannot fan out by itself.
class server_call::link final : public topic_follower {
public:
  explicit link(server_call& call) noexcept : call_(call) {}
  void on_publish(publication& published) override {
    const pin keep(call_);
    call_.output_.push(published.message());  // may destroy this
  }

private:
  server_call& call_;
};

server_call::server_call(dispatcher& owner, message_channel& channel, detail::method_entry* entry,
                         call_open&& open)
    : dispatcher_(&owner),
      channel_(&channel),
      entry_(entry),
      context_(owner.owner(), entry ? entry->method : nullptr, std::move(open.headers), std::move(open.peer)),
      output_(owner.owner(), *this, owner.options().max_unsent) {}

server_call::~server_call() {
  deadline_.clear();
  task_.reset();
  if (input_) input_->~input();
  if (const auto waiting = std::move(stopped_)) waiting->fulfil();  // what waits for it holds it
}

bool server_call::streams_in() const noexcept {
  const call_kind kind = context_.method().kind;
  return kind == call_kind::client_stream || kind == call_kind::bidi;
}

bool server_call::streams_out() const noexcept {
  const call_kind kind = context_.method().kind;
  return kind == call_kind::server_stream || kind == call_kind::bidi;
}

/// What many fields need is then freed as one, and on the loop. Those of a stream would each need an arena.
bool server_call::crosses_with_arena() const noexcept {
  return context_.method().where == placement::pool && !streams_out();
}

void server_call::begin(std::optional<duration> timeout) {
  const pin keep(*this);
  if (refused()) return;
  counted_ = true;
  ++entry_->under_way;
  dispatcher_->entered(*this);
  context_.context_ = context::make(owner().current());
  context_.context_->watch(*this);
  if (!finished()) arm(timeout);
  if (!finished() && streams_in()) launch();
}

bool server_call::refused() {
  if (!entry_) {
    finish(status(code::unimplemented, "no such method"));
  } else if (dispatcher_->closed_) {
    finish(status(code::unavailable, "the server is closing"));
  } else if (dispatcher_->active_ >= dispatcher_->options_.max_calls) {
    over_limit("proto.max_calls", "too many calls");
  } else if (entry_->method->queue_limit != 0 && entry_->under_way >= entry_->method->queue_limit) {
    over_limit("proto.queue_limit", "too many calls of this method");
  }
  return finished();
}

void server_call::arm(std::optional<duration> timeout) {
  const duration own = context_.method().timeout;
  if (own > duration::zero() && (!timeout || own < *timeout)) timeout = own;
  if (!timeout) return;
  const auto expire = [this] {
    end_early(status(code::deadline_exceeded, "the deadline has passed"), errc::timed_out);
  };
  if (*timeout <= duration::zero()) return expire();
  deadline_ = owner().set_timeout(*timeout, expire);
  // By the time that this was set at: a worker's own alarm, which says less, comes no sooner.
  context_.context_->set_deadline(owner().now() + *timeout);
}

void server_call::message(std::string_view bytes) {
  if (finished()) return;
  const pin keep(*this);
  if (half_closed_) {
    const status wrong(code::invalid_argument, "a message after the half-close");
    end_early(wrong, wrong.to_error());
  } else if (streams_in()) {
    take_stream_message(bytes);
  } else {
    take_request(bytes);
  }
}

void server_call::take_stream_message(std::string_view bytes) {
  if (!input_) return;  // the service does not read at all
  if (input_->unread() >= dispatcher_->options_.max_unread) {
    return over_limit("proto.max_unread", "more messages than were granted");
  }
  detail::message_ptr arrived(context_.method().request->New());
  if (const status read = decode(channel_->wire_encoding(), bytes, *arrived); !read) {
    return end_early(read, read.to_error());
  }
  input_->push(std::move(arrived));
}

void server_call::take_request(std::string_view bytes) {
  status read;
  if (request_) {
    read = status(code::invalid_argument, "the method takes one message");
  } else {
    const google::protobuf::Message& prototype = *context_.method().request;
    request_ = crosses_with_arena() ? detail::make_in(dispatcher_->arenas_, prototype)
                                    : detail::message_ptr(prototype.New());
    read = decode(channel_->wire_encoding(), bytes, *request_);
  }
  if (!read) end_early(read, read.to_error());
}

void server_call::half_close() {
  if (finished() || std::exchange(half_closed_, true)) return;
  const pin keep(*this);
  if (streams_in()) {
    if (input_) input_->end();
  } else if (request_) {
    launch();
  } else {
    const status wrong(code::invalid_argument, "the method takes one message, and none came");
    end_early(wrong, wrong.to_error());
  }
}

void server_call::cancel(const error& why) {
  if (finished()) return;
  end_early(status(code::canceled, why.message()), why);
}

void server_call::ready() {
  if (finished()) return;
  const pin keep(*this);
  output_.flush();
  finish_if_flushed();
}

google::protobuf::Message& server_call::reply() {
  if (!reply_) reply_ = detail::message_ptr(context_.method().reply->New());
  return *reply_;
}

void server_call::follow(topic_base& topic) {
  if (finished() || channel_->follow(topic)) return;
  followed_.push_back(std::make_unique<link>(*this));
  topic.follow(*followed_.back());
}

promise<void> server_call::until_stopped() {
  if (finished()) return promise<void>::resolved(owner());
  if (!stopped_) stopped_ = trireme::detail::promise_ref<void>::make(owner());
  return promise<void>(stopped_);
}

void server_call::conclude(status outcome) {
  if (finished()) return;
  if (outcome && !streams_out()) {
    reply();
    output_.push(std::move(reply_));
  }
  outcome_ = std::move(outcome);
  finish_if_flushed();
}

void server_call::conclude(const error& failure) {
  status outcome = status::from(failure);
  const bool by_design = outcome.code() != code::unknown && outcome.code() != code::internal;
  if (!by_design) {
    log(log_level::error, "proto: " + std::string(context_.method().path) + ": " + failure.message());
  }
  conclude(std::move(outcome));
}

void server_call::finish_if_flushed() {
  if (!outcome_ || finished() || !output_.empty()) return;
  const status outcome = std::move(*outcome_);
  outcome_.reset();
  finish(outcome);
}

void server_call::finish(const status& outcome) {
  message_channel* const channel = close_channel();
  if (!channel) return;
  const pin keep(*this);
  sign_off();
  channel->finish(outcome, context_.trailers());
}

message_channel* server_call::close_channel() {
  message_channel* const channel = std::exchange(channel_, nullptr);
  deadline_.clear();
  output_.close();
  followed_.clear();
  if (gate_) gate_->stop();
  return channel;
}

void server_call::end_early(const status& outcome, const error& reason) {
  const pin keep(*this);
  const context_ptr stopped = context_.context_;
  finish(outcome);
  if (stopped) stopped->request_stop(reason);
}

void server_call::over_limit(std::string_view counter, std::string_view text) {
  owner().counters().get(counter).add();
  const status outcome(code::resource_exhausted, std::string(text));
  end_early(outcome, outcome.to_error());
}

void server_call::on_stop(const error& reason) {
  const pin keep(*this);
  finish(status::from(reason));
  if (input_) input_->fail(reason);
  if (const auto waiting = std::move(stopped_)) waiting->fulfil();
}

void server_call::abandon() {
  if (close_channel()) {
    const pin keep(*this);
    sign_off();
    if (const context_ptr stopped = context_.context_) stopped->request_stop(errc::canceled);
  }
  release();
}

void server_call::detach() {
  const pin keep(*this);
  end_early(status(code::unavailable, "the server has closed"), errc::closed);
  if (task_) {
    static_cast<trireme::detail::reaction&>(*this).unlink();
    task_.reset();
    work_ended();
  }
  if (std::exchange(counted_, false)) dispatcher_->left();
  registered_.unlink();
  dispatcher_ = nullptr;
  entry_ = nullptr;
}

void server_call::work_began() noexcept {
  working_ = true;
  retain();
}

void server_call::work_ended() {
  working_ = false;
  sign_off();
  release();
}

void server_call::sign_off() noexcept {
  if (!finished() || working_ || !std::exchange(counted_, false)) return;
  registered_.unlink();
  --entry_->under_way;
  dispatcher_->left();
}

void server_call::consumed() {
  if (channel_) channel_->consumed();
}

bool server_call::sink_ready() const { return channel_ && channel_->ready(); }

void server_call::sink_send(const google::protobuf::Message& message) {
  try {
    channel_->send(message);
  } catch (...) {  // a message that JSON cannot say
    const error failure = error::from(std::current_exception());
    log(log_level::error, "proto: " + std::string(context_.method().path) + ": " + failure.message());
    return end_early(status(code::internal, "a reply could not be encoded"), failure);
  }
  if (gate_) gate_->release();
}

void server_call::sink_full() {
  over_limit("proto.max_unsent", "the client does not take what it asked for");
}

}  // namespace trireme::proto
