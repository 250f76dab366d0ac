#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <trireme/actors/pool.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/task.hpp>
#include <trireme/proto/async_reader.hpp>
#include <trireme/proto/call_context.hpp>
#include <trireme/proto/detail/output.hpp>
#include <trireme/proto/message_channel.hpp>
#include <trireme/proto/topic.hpp>
#include <trireme/proto/worker_call.hpp>
#include <vector>

namespace trireme::proto {

class dispatcher;
template <class Out>
class async_writer;
namespace detail {
struct method_entry;
struct release_call;
class write_gate;
}  // namespace detail

/// What a binding knows of a call when it opens it.
struct call_open {
  /// `method` is the path, "/pkg.Service/Method", and is read within `dispatcher::open` only.
  explicit call_open(std::string_view given_method, metadata given_headers = {},
                     std::optional<duration> given_timeout = std::nullopt, std::string given_peer = {})
      : method(given_method),
        headers(std::move(given_headers)),
        timeout(given_timeout),
        peer(std::move(given_peer)) {}
  std::string_view method;
  metadata headers;                 ///< request metadata
  std::optional<duration> timeout;  ///< the caller's deadline, from now
  std::string peer;                 ///< for logs: "127.0.0.1:51234"
};

/// The runtime's half of one call on the server; the binding drives it by the first group of functions. Made
/// by `dispatcher::open`.
///
/// Thread: the loop's.
/// Lifetime: the binding holds a `call_ptr`; dropping it before the end means that the client has gone. The
/// call itself lives on until the service's task or job has ended. Order: see message_channel.hpp. After
/// `message_channel::finish` every function does nothing.
class server_call final : private detail::input_owner,
                          private detail::output_sink,
                          private stop_watch,
                          private trireme::detail::reaction {
public:
  using bound_to_a_loop = void;
  server_call(const server_call&) = delete;
  server_call& operator=(const server_call&) = delete;

  /// One message of the client, in `wire_encoding`. Malformed: the call ends with `invalid_argument`. More
  /// than `dispatcher_options::max_unread` that the service has not taken: with `resource_exhausted`.
  void message(std::string_view bytes);
  /// The client sends no more. Methods without a stream of the client's begin here.
  void half_close();
  /// The client went away, or said that it is no longer interested: the service's context is stopped for
  /// `why`, and the call ends with `canceled`, both before this returns.
  void cancel(const error& why = errc::canceled);
  /// `message_channel::ready` turned true.
  void ready();
  /// Whether `message_channel::finish` was called.
  bool finished() const noexcept { return channel_ == nullptr; }

  // What generated code and the stream classes call.

  loop& owner() const noexcept { return context_.owner(); }
  call_context& context() noexcept { return context_; }
  const google::protobuf::Message& request() const noexcept { return *request_; }
  /// The reply, made on the first call.
  google::protobuf::Message& reply();
  /// The stream classes live in the call, which knows only their size.
  template <class Out>
  async_writer<Out>& emplace_writer();
  template <class In>
  async_reader<In>& emplace_reader();
  promise<bool> write(const google::protobuf::Message& message) { return output_.write(message); }
  bool writable() const { return output_.writable(); }
  void follow(topic_base& topic);
  promise<void> until_stopped();

private:
  friend class dispatcher;
  friend struct detail::release_call;
  class pin;
  class link;
  struct node : trireme::detail::list_node {
    explicit node(server_call& owner) noexcept : call(owner) {}
    server_call& call;
  };

  server_call(dispatcher& owner, message_channel& channel, detail::method_entry* entry, call_open&& open);
  ~server_call();

  // How a call goes: begin, launch, one of the four, conclude, finish. `end_early` may come in between.
  void begin(std::optional<duration> timeout);
  bool refused();
  void arm(std::optional<duration> timeout);
  void launch();
  void run_on_loop();
  void run_inline();
  void run_on_pool();
  void run_stream_on_pool();
  void job_answered(const error& failure, detail::worker_answer answer);
  bool deliver(detail::message_ptr message);
  void conclude(status outcome);
  void conclude(const error& failure);
  void finish_if_flushed();
  void finish(const status& outcome);
  void end_early(const status& outcome, const error& reason);
  void over_limit(std::string_view counter, std::string_view text);
  void abandon();  // the binding has dropped its handle
  void detach();   // the dispatcher goes first
  message_channel* close_channel();
  void work_began() noexcept;
  void work_ended();
  void sign_off() noexcept;
  void take_stream_message(std::string_view bytes);
  void take_request(std::string_view bytes);
  bool streams_in() const noexcept;
  bool streams_out() const noexcept;
  bool crosses_with_arena() const noexcept;

  void consumed() override;
  bool sink_ready() const override;
  void sink_send(const google::protobuf::Message& message) override;
  void sink_full() override;
  void on_stop(const error& reason) override;
  void settled() override;  // the task has ended

  void retain() noexcept { ++count_; }
  void release() noexcept {
    if (--count_ == 0) delete this;
  }

  node registered_{*this};       // in the dispatcher's list
  dispatcher* dispatcher_;       // null once it has gone
  message_channel* channel_;     // null once finished
  detail::method_entry* entry_;  // null: no such method, or the dispatcher has gone
  std::uint32_t count_ = 0;      // the binding, running work, and functions under way
  bool working_ = false;         // a task or job runs
  bool half_closed_ = false;
  bool counted_ = false;  // among the calls under way of method and dispatcher
  call_context context_;
  timer deadline_;
  detail::message_ptr request_;
  detail::message_ptr reply_;
  std::optional<task<status>> task_;
  detail::output output_;
  std::optional<status> outcome_;  // waits for what was written before it
  trireme::detail::promise_ref<void> stopped_;
  std::vector<std::unique_ptr<link>> followed_;
  std::shared_ptr<detail::write_gate> gate_;  // holds a streaming worker back
  detail::input* input_ = nullptr;            // lies in reader_
  alignas(void*) std::byte reader_[sizeof(detail::input) + sizeof(void*)];
  alignas(void*) std::byte writer_[sizeof(void*)];
};

namespace detail {

struct release_call {
  void operator()(server_call* call) const { call->abandon(); }
};

}  // namespace detail

/// A binding's hold on a call.
using call_ptr = std::unique_ptr<server_call, detail::release_call>;

template <class In>
async_reader<In>& server_call::emplace_reader() {
  static_assert(sizeof(async_reader<In>) <= sizeof reader_ && alignof(async_reader<In>) <= alignof(void*));
  auto* const made = ::new (reader_) async_reader<In>(owner(), static_cast<detail::input_owner&>(*this));
  input_ = made;
  return *made;
}

}  // namespace trireme::proto
