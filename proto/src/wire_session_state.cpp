#include "wire_session_state.hpp"

#include <trireme/wire/v1/wire.pb.h>

#include <algorithm>

#include "wire_codec.hpp"
#include "wire_metadata.hpp"

namespace trireme::proto::wire {
namespace {

using trireme::wire::v1::Frame;

constexpr std::uint32_t version = 1;
constexpr std::uint32_t default_credit = 16;
constexpr std::uint16_t going_away = 1001;
constexpr std::uint16_t policy_violation = 1008;
constexpr std::uint16_t too_big = 1009;

encoding form_of(bool text) noexcept { return text ? encoding::json : encoding::protobuf; }
std::string_view empty_message(encoding form) noexcept { return form == encoding::json ? "{}" : ""; }

}  // namespace

session_state::session_state(message_socket& socket, dispatcher& services,
                             const wire_session_options& options, std::string peer)
    : socket_(socket),
      dispatcher_(services),
      loop_(services.owner()),
      options_(options),
      peer_(std::move(peer)),
      live_calls_(loop_.counters().get("wire.calls")) {}

session_state::~session_state() = default;

void session_state::start() {
  timer_ = loop_.set_timeout(options_.hello_timeout, [weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->fail(policy_violation, "wire.hello_timeouts", "no hello in time");
  });
}

void session_state::receive(std::string_view bytes, bool text) {
  loop_.assert_current();
  if (closed_) return;
  if (bytes.size() > options_.max_message_bytes)
    return fail(too_big, "wire.too_large", "the frame is too large");
  if (socket_.buffered() / 2 > options_.max_buffered) {
    return fail(policy_violation, "wire.unread_answers", "the answers are not read");
  }
  frame received;
  if (const wire_error error = decode(bytes, form_of(text), received); error != wire_error::none) {
    return protocol_error(text_of(error));
  }
  handle(received, form_of(text));
}

void session_state::handle(frame& received, encoding form) {
  if (received.topic != 0) return protocol_error("a topic in a frame of the client's");
  if (received.message && received.kind != frame_kind::open && received.kind != frame_kind::message) {
    return protocol_error("a message in a frame that takes none");
  }
  if (received.kind == frame_kind::hello) return greet(received, form);
  if (!greeted_) return protocol_error("a frame before the hello");
  if (received.call == 0) return protocol_error("a frame without a call");
  if (received.kind == frame_kind::open) return open(received, form);
  if (received.call > last_call_) return protocol_error("a frame for a call that was never opened");
  handle_in_call(received, form);
}

void session_state::handle_in_call(frame& received, encoding form) {
  if (received.kind == frame_kind::status || received.kind == frame_kind::subscribed) {
    return protocol_error("a frame that only servers send");
  }
  wire_call* const call = find(received.call);
  if (!call) return;  // it has ended, which the client may not know yet
  switch (received.kind) {
    case frame_kind::message:
      return message(*call, received, form);
    case frame_kind::half_close:
      return half_close(*call);
    case frame_kind::cancel:
      return call->server().cancel(errc::canceled);
    default:
      return credit(*call, received.credit);
  }
}

void session_state::greet(frame& received, encoding form) {
  if (greeted_) return protocol_error("a second hello");
  if (received.call != 0) return protocol_error("a hello in a call");
  if (received.hello->version() != version) return protocol_error("only version 1 is spoken here");
  if (received.hello->token().size() > options_.max_metadata_bytes) {
    return fail(policy_violation, "wire.metadata_too_large", "the token is too long");
  }
  if (!metadata::valid("authorization", received.hello->token())) {
    return protocol_error("control characters in the token");
  }
  greeted_ = true;
  timer_.clear();
  token_ = std::move(*received.hello->mutable_token());
  const std::uint32_t granted = received.hello->initial_credit();
  peer_credit_ = granted == 0 ? default_credit : granted;
  peer_max_message_ = received.hello->max_message_bytes();
  Frame answer;
  auto& hello = *answer.mutable_hello();
  hello.set_version(version);
  hello.set_agent(options_.agent);
  hello.set_max_message_bytes(options_.max_message_bytes);
  hello.set_max_calls(options_.max_calls);
  hello.set_initial_credit(options_.initial_credit);
  write(form, answer);
}

void session_state::open(frame& received, encoding form) {
  const std::uint32_t id = received.call;
  if (id <= last_call_) return protocol_error("a call number that was used, or passed over");
  if (received.message && !received.open->complete()) {
    return protocol_error("a message in an open that is not complete");
  }
  last_call_ = id;
  if (draining_) {
    count("wire.refused_draining");
    return refuse(id, form, status(code::unavailable, "the server is shutting down"));
  }
  if (calls_.size() >= options_.max_calls) {
    count("wire.too_many_calls");
    return refuse(id, form, status(code::resource_exhausted, "too many calls at once"));
  }
  metadata headers;
  if (const status outcome = gather(*received.open, token_, options_.max_metadata_bytes, headers); !outcome) {
    if (outcome.code() == code::resource_exhausted) count("wire.metadata_too_large");
    return refuse(id, form, outcome);
  }
  std::optional<duration> timeout;
  if (const auto given = received.open->timeout_ms(); given != 0) timeout = std::chrono::milliseconds(given);
  start_call(id, call_open(received.open->method(), std::move(headers), timeout, peer_), received, form);
}

void session_state::start_call(std::uint32_t id, call_open&& request, frame& received, encoding form) {
  calls_.push_back(std::make_unique<wire_call>(*this, id, form, peer_credit_, options_.initial_credit));
  live_calls_.add();
  wire_call& call = *calls_.back();
  opening_ = id;
  call_ptr server = dispatcher_.open(call, std::move(request));
  opening_ = 0;
  if (ended_while_opening_) {
    server.reset();
    ended_while_opening_.reset();
    return;
  }
  call.attach(std::move(server));
  if (!received.open->complete()) return;
  call.close_input();
  if (!deliver(call, received.message.value_or(empty_message(form)))) return;
  if (wire_call* const still = find(id)) still->server().half_close();
}

void session_state::message(wire_call& call, frame& received, encoding form) {
  if (call.input_closed()) return protocol_error("a message after the half-close");
  if (form != call.wire_encoding()) return protocol_error("a message in another encoding than its call's");
  if (!call.take_receive_credit()) {
    return fail(1002, "wire.credit_exceeded", "more messages than there was credit for");
  }
  deliver(call, received.message.value_or(empty_message(form)));
}

// False: the call was ended instead.
bool session_state::deliver(wire_call& call, std::string_view bytes) {
  if (bytes.size() > options_.max_unread_bytes - std::min(unread_, options_.max_unread_bytes)) {
    count("wire.too_much_unread");
    end_call(call, status(code::resource_exhausted, "too many bytes that the services have not taken"),
             errc::full);
    return false;
  }
  unread_ += bytes.size();
  call.note_unread(bytes.size());
  call.server().message(bytes);
  return true;
}

void session_state::half_close(wire_call& call) {
  if (call.input_closed()) return protocol_error("a second half-close");
  call.close_input();
  call.server().half_close();
}

void session_state::credit(wire_call& call, std::uint32_t messages) {
  const bool had = call.has_credit();
  if (!call.grant(messages)) return fail(1002, "wire.credit_overflows", "more credit than 32 bits hold");
  if (!had && messages > 0) call.server().ready();
}

void session_state::drain(duration patience) {
  loop_.assert_current();
  if (closed_ || draining_) return;
  draining_ = true;
  if (calls_.empty()) return close(going_away, "the server is shutting down");
  timer_ = loop_.set_timeout(patience, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    self->count("wire.drain_timeouts");
    const status outcome(code::unavailable, "the server is shutting down");
    while (!self->closed_ && !self->calls_.empty())
      self->end_call(*self->calls_.back(), outcome, errc::closed);
  });
}

void session_state::close_when_drained() {
  if (draining_ && calls_.empty()) close(going_away, "the server is shutting down");
}

void session_state::fail(std::uint16_t code, std::string_view counter, std::string_view reason) {
  if (closed_) return;
  count(counter);
  close(code, reason);
}

void session_state::close(std::uint16_t code, std::string_view reason) {
  if (closed_) return;
  socket_.close(code, reason);
  closed();
}

void session_state::closed() {
  if (closed_) return;
  loop_.assert_current();
  closed_ = true;
  timer_.clear();
  end_all(errc::closed);
}

void session_state::count(std::string_view name) { loop_.counters().get(name).add(); }

}  // namespace trireme::proto::wire
