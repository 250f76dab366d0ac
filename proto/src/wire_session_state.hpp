#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trireme/core/loop.hpp>
#include <trireme/proto/wire_session.hpp>
#include <vector>

#include "wire_call.hpp"
#include "wire_frame.hpp"
#include "wire_topics.hpp"

namespace trireme::proto::wire {

/// What a `wire_session` is.
class session_state : public std::enable_shared_from_this<session_state> {
public:
  session_state(message_socket& socket, dispatcher& services, const wire_session_options& options,
                std::string peer);
  ~session_state();

  void start();
  void receive(std::string_view bytes, bool text);
  void drained();
  void closed();
  void drain(duration patience);
  std::size_t calls() const noexcept { return calls_.size(); }

  // What its calls ask for.

  /// Why it was not written, where it was not: then the call will be ended with that.
  std::optional<status> write_message(wire_call& call, const google::protobuf::Message& message);
  void write_credit(wire_call& call, std::uint32_t messages);
  void ended(wire_call& call, const status& outcome, const metadata& trailers);
  bool writable();
  bool follow(wire_call& call, topic_base& topic);
  void took(std::size_t bytes) noexcept { unread_ -= bytes; }
  std::uint32_t initial_credit() const noexcept { return options_.initial_credit; }

  // What its topics ask for.

  void fan_out(topic_binding& binding, publication& published);
  void topic_ended(topic_binding& binding) { topics_.forget(binding); }

private:
  void handle(frame& received, encoding form);
  void handle_in_call(frame& received, encoding form);
  void greet(frame& received, encoding form);
  void open(frame& received, encoding form);
  void start_call(std::uint32_t id, call_open&& request, frame& received, encoding form);
  void message(wire_call& call, frame& received, encoding form);
  bool deliver(wire_call& call, std::string_view bytes);
  void half_close(wire_call& call);
  void credit(wire_call& call, std::uint32_t messages);

  void refuse(std::uint32_t call, encoding form, const status& outcome);
  void write(encoding form, const trireme::wire::v1::Frame& frame);
  void write_status(std::uint32_t call, encoding form, const status& outcome, const metadata& trailers);

  wire_call* find(std::uint32_t id) noexcept;
  wire_call* next_call(std::uint32_t after) noexcept;
  void end_call(wire_call& call, const status& outcome, const error& why);
  void end_calls(const std::vector<wire_call*>& calls, const status& outcome);
  void end_all(const error& why);
  std::unique_ptr<wire_call> take(wire_call& call);
  void retire(std::unique_ptr<wire_call> call);
  void close_when_drained();

  void resume_calls();
  void arm_resume();
  void schedule_resume();
  bool fan_out_as(encoding form, publication& published);
  status too_large_for_peer() const;

  void protocol_error(std::string_view reason) { fail(1002, "wire.protocol_errors", reason); }
  void fail(std::uint16_t code, std::string_view counter, std::string_view reason);
  void close(std::uint16_t code, std::string_view reason);
  void count(std::string_view name);

  message_socket& socket_;
  dispatcher& dispatcher_;
  loop& loop_;
  const wire_session_options& options_;
  const std::string peer_;
  counter& live_calls_;

  bool greeted_ = false;
  bool closed_ = false;
  bool draining_ = false;
  std::uint8_t resume_turns_ = 0;  // checks of the socket that are still to come; see arm_resume
  std::uint32_t last_call_ = 0;
  std::uint32_t resume_after_ = 0;  // the call that was told last that there is room
  std::uint32_t peer_credit_ = 0;
  std::uint32_t peer_max_message_ = 0;
  std::size_t unread_ = 0;
  std::string token_;
  timer timer_;  // for the Hello, then for the end of draining
  topic_table topics_;
  std::vector<std::unique_ptr<wire_call>> calls_;  // by id, which only grows
  std::uint32_t opening_ = 0;                      // the call that `dispatcher::open` has not returned yet
  std::unique_ptr<wire_call> ended_while_opening_;
};

}  // namespace trireme::proto::wire
