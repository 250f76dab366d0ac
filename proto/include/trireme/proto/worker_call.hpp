#pragma once
#include <stop_token>
#include <trireme/proto/detail/message_ptr.hpp>
#include <trireme/proto/status.hpp>

namespace trireme::proto {
namespace detail {

/// What a worker's call comes back with.
struct worker_answer {
  worker_answer() = default;
  explicit worker_answer(status given_outcome) : outcome(std::move(given_outcome)) {}
  status outcome;
  message_ptr reply;
};

}  // namespace detail

/// One call of an INLINE or POOL method, as generated code sees it.
///
/// Thread: the one that the method runs on. Lifetime: the call of `worker::run`.
class worker_call {
public:
  worker_call(const worker_call&) = delete;
  worker_call& operator=(const worker_call&) = delete;

  const google::protobuf::Message& request() const noexcept { return request_; }
  /// Stopped when the caller goes away or the deadline passes. That of an INLINE method never is: the loop,
  /// which would do it, runs the method.
  const std::stop_token& stop() const noexcept { return stop_; }
  /// Gives a unary method's reply.
  void reply(detail::message_ptr message) noexcept { reply_ = std::move(message); }
  /// Gives one message of a stream. False once the call was stopped.
  virtual bool write(detail::message_ptr message) = 0;

protected:
  worker_call(const google::protobuf::Message& request, std::stop_token stop) noexcept
      : request_(request), stop_(std::move(stop)) {}
  ~worker_call() = default;
  detail::message_ptr take_reply() noexcept { return std::move(reply_); }

private:
  const google::protobuf::Message& request_;
  std::stop_token stop_;
  detail::message_ptr reply_;
};

/// What a streaming INLINE or POOL method writes to.
///
/// Thread: the one that the method runs on. Lifetime: the method's call.
/// Limits: on a worker, `write` waits while `dispatcher_options::worker_unsent` messages have not gone out.
/// On the loop nothing can wait: at `dispatcher_options::max_unsent` the call ends with `resource_exhausted`.
template <class Out>
class writer {
public:
  explicit writer(worker_call& call) noexcept : call_(call) {}
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  /// False once the call was stopped: then the method should return.
  bool write(const Out& message) { return call_.write(std::make_unique<Out>(message)); }
  bool write(Out&& message) { return call_.write(std::make_unique<Out>(std::move(message))); }

private:
  worker_call& call_;
};

}  // namespace trireme::proto
