// The part of a session that its calls and topics use.
#include <trireme/wire/v1/wire.pb.h>

#include <algorithm>

#include "wire_codec.hpp"
#include "wire_metadata.hpp"
#include "wire_session_state.hpp"

namespace trireme::proto::wire {

using trireme::wire::v1::Frame;

void session_state::write(encoding form, const Frame& frame) {
  if (closed_) return;
  frame_buffer buffer;
  write_control(buffer, form, frame);
  socket_.send(buffer.view(), form == encoding::json);
}

std::optional<status> session_state::write_message(wire_call& call,
                                                   const google::protobuf::Message& message) {
  if (closed_) return {};
  frame_buffer buffer;
  wire::write_message(buffer, call.wire_encoding(), call.id(), message);
  if (peer_max_message_ == 0 || buffer.view().size() <= peer_max_message_) {
    socket_.send(buffer.view(), call.wire_encoding() == encoding::json);
    return {};
  }
  count("wire.too_large_for_peer");
  // Not from within the runtime's own sending.
  loop_.next_tick([weak = weak_from_this(), id = call.id()] {
    const auto self = weak.lock();
    if (wire_call* const still = self ? self->find(id) : nullptr) {
      self->end_call(*still, self->too_large_for_peer(), errc::full);
    }
  });
  return too_large_for_peer();
}

status session_state::too_large_for_peer() const {
  return status(
      code::resource_exhausted,
      "a message is larger than the " + std::to_string(peer_max_message_) + " bytes that the client takes");
}

void session_state::write_credit(wire_call& call, std::uint32_t messages) {
  Frame frame;
  frame.set_call(call.id());
  frame.mutable_credit()->set_messages(messages);
  write(call.wire_encoding(), frame);
}

void session_state::write_status(std::uint32_t call, encoding form, const status& outcome,
                                 const metadata& trailers) {
  Frame frame;
  frame.set_call(call);
  fill(outcome, trailers, *frame.mutable_status());
  write(form, frame);
}

void session_state::refuse(std::uint32_t call, encoding form, const status& outcome) {
  write_status(call, form, outcome, {});
}

wire_call* session_state::find(std::uint32_t id) noexcept {
  wire_call* const found = next_call(id - 1);
  return found && found->id() == id ? found : nullptr;
}

wire_call* session_state::next_call(std::uint32_t after) noexcept {
  const auto found = std::upper_bound(calls_.begin(), calls_.end(), after,
                                      [](std::uint32_t id, const auto& call) { return id < call->id(); });
  return found == calls_.end() ? nullptr : found->get();
}

std::unique_ptr<wire_call> session_state::take(wire_call& call) {
  const auto found = std::lower_bound(calls_.begin(), calls_.end(), call.id(),
                                      [](const auto& each, std::uint32_t id) { return each->id() < id; });
  std::unique_ptr<wire_call> taken = std::move(*found);
  calls_.erase(found);
  topics_.unbind(call);
  unread_ -= call.unread();
  live_calls_.subtract();
  call.end();
  return taken;
}

void session_state::retire(std::unique_ptr<wire_call> call) {
  if (call->id() == opening_) ended_while_opening_ = std::move(call);
}

// The runtime has ended it.
void session_state::ended(wire_call& call, const status& outcome, const metadata& trailers) {
  const auto self = shared_from_this();
  auto taken = take(call);
  write_status(taken->id(), taken->wire_encoding(), outcome, trailers);
  retire(std::move(taken));
  close_when_drained();
}

// The session ends it, whatever the service may say.
void session_state::end_call(wire_call& call, const status& outcome, const error& why) {
  auto taken = take(call);
  write_status(taken->id(), taken->wire_encoding(), outcome, {});
  if (taken->attached()) taken->server().cancel(why);
  retire(std::move(taken));
  close_when_drained();
}

void session_state::end_all(const error& why) {
  while (!calls_.empty()) {
    auto taken = take(*calls_.back());
    if (taken->attached()) taken->server().cancel(why);
    retire(std::move(taken));
  }
}

bool session_state::writable() {
  if (socket_.buffered() < options_.write_high_water) return true;
  arm_resume();
  return false;
}

void session_state::drained() {
  if (!closed_) resume_calls();
}

// In the order of their numbers, beginning after the one that was told last.
void session_state::resume_calls() {
  const std::uint32_t first_after = resume_after_;
  bool wrapped = false;
  while (!closed_ && socket_.buffered() < options_.write_high_water) {
    wire_call* const call = next_call(resume_after_);
    if (wrapped && (!call || call->id() > first_after)) return;
    if (!call) {
      wrapped = true;
      resume_after_ = 0;
      continue;
    }
    resume_after_ = call->id();
    if (call->attached()) call->server().ready();
  }
}

// A socket that was full only until the end of the turn says nothing when it has room again. It is flushed
// before the loop polls, so that it has been, at the latest, in the second check phase from now.
void session_state::arm_resume() {
  if (resume_turns_ != 0) return;
  resume_turns_ = 2;
  schedule_resume();
}

void session_state::schedule_resume() {
  loop_.set_immediate([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    const bool room = self->socket_.buffered() < self->options_.write_high_water;
    self->resume_turns_ = room ? 0 : self->resume_turns_ - 1;
    if (room) return self->resume_calls();
    if (self->resume_turns_ != 0) self->schedule_resume();
  });
}

bool session_state::follow(wire_call& call, topic_base& topic) {
  const std::size_t before = call.topics().size();
  if (!topics_.bind(*this, topic, call, options_.max_follows)) {
    count("wire.too_many_follows");
    return false;
  }
  if (call.topics().size() == before) return true;
  Frame frame;
  frame.set_call(call.id());
  frame.mutable_subscribed()->set_topic(topic.id());
  write(call.wire_encoding(), frame);
  return true;
}

void session_state::fan_out(topic_binding& binding, publication& published) {
  if (closed_) return;
  const auto self = shared_from_this();
  // Which calls there are is copied where some must end: the binding goes with the last of them.
  if (socket_.buffered() > options_.max_buffered) {
    count("wire.slow_consumers");
    const status outcome(code::resource_exhausted, "messages came faster than they were read");
    auto slow = binding.calls(encoding::json);
    const auto& binary = binding.calls(encoding::protobuf);
    slow.insert(slow.end(), binary.begin(), binary.end());
    return end_calls(slow, outcome);
  }
  const auto too_large = [&](encoding form) {
    return !binding.calls(form).empty() && !fan_out_as(form, published);
  };
  std::vector<wire_call*> failed;
  if (too_large(encoding::json)) failed = binding.calls(encoding::json);
  if (too_large(encoding::protobuf)) {
    const auto& binary = binding.calls(encoding::protobuf);
    failed.insert(failed.end(), binary.begin(), binary.end());
  }
  if (failed.empty()) return;
  count("wire.too_large_for_peer");
  end_calls(failed, too_large_for_peer());
}

// False: the client takes no frame of that size.
bool session_state::fan_out_as(encoding form, publication& published) {
  const shared_bytes& bytes = published.frame(form, [form](publication& made_of) {
    std::string frame;
    write_topic_message(frame, form, made_of.topic(), made_of.message());
    return shared_bytes(std::move(frame));
  });
  if (peer_max_message_ != 0 && bytes.size() > peer_max_message_) return false;
  socket_.send_shared(bytes, form == encoding::json);
  return true;
}

// Ending one may end others of them, by what the services do.
void session_state::end_calls(const std::vector<wire_call*>& calls, const status& outcome) {
  std::vector<std::uint32_t> numbers;
  for (const wire_call* each : calls) numbers.push_back(each->id());
  std::sort(numbers.begin(), numbers.end());
  for (const std::uint32_t number : numbers) {
    if (wire_call* const call = find(number)) end_call(*call, outcome, errc::full);
  }
}

}  // namespace trireme::proto::wire
