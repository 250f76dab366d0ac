#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <trireme/core/clock.hpp>
#include <trireme/core/context.hpp>
#include <trireme/proto/metadata.hpp>

namespace trireme {
class loop;
}

namespace trireme::proto {

struct method_descriptor;

/// What a method on the loop may know of its call. The call is also the loop's current context: whatever the
/// method awaits is stopped with it.
///
/// Thread: the loop's. Lifetime: until the method's task has ended.
class call_context {
public:
  using bound_to_a_loop = void;
  call_context(loop& owner, const method_descriptor* method, metadata given, std::string peer)
      : loop_(owner), method_(method), request_(std::move(given)), peer_(std::move(peer)) {}
  call_context(const call_context&) = delete;
  call_context& operator=(const call_context&) = delete;

  loop& owner() const noexcept { return loop_; }
  const method_descriptor& method() const noexcept { return *method_; }
  /// What the client sent beside its messages.
  const metadata& request_metadata() const noexcept { return request_; }
  /// What goes with the status.
  metadata& trailers() noexcept { return trailers_; }
  /// Who calls, for logs: "127.0.0.1:51234".
  std::string_view peer() const noexcept { return peer_; }
  /// When the call will be stopped.
  std::optional<time_point> deadline() const noexcept {
    return context_ ? context_->deadline() : std::nullopt;
  }
  /// Whether the client went away or the deadline passed.
  bool stopped() const noexcept { return context_ && context_->stop_requested(); }
  /// The call's context: parent of all that is done for it.
  const context_ptr& context() const noexcept { return context_; }

private:
  friend class server_call;
  loop& loop_;
  const method_descriptor* method_;
  metadata request_;
  metadata trailers_;
  std::string peer_;
  context_ptr context_;
};

}  // namespace trireme::proto
