#pragma once
#include <cstddef>
#include <optional>
#include <trireme/core/assert.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/proto/detail/fifo.hpp>
#include <trireme/proto/detail/message_ptr.hpp>
#include <trireme/proto/detail/quiet.hpp>

namespace trireme::proto {
namespace detail {

/// Told when a message that had arrived was taken.
struct input_owner {
  virtual void consumed() = 0;

protected:
  ~input_owner() = default;
};

/// What has arrived for a stream and was not read yet; then its end or its failure.
class input {
public:
  input(loop& reader, input_owner& owner) noexcept : loop_(reader), owner_(owner) {}
  input(const input&) = delete;
  input& operator=(const input&) = delete;
  virtual ~input() = default;

  void push(message_ptr message);
  /// No more will come; what waits can still be read.
  void end();
  /// What waits is dropped; reads fail from now on.
  void fail(const error& reason);
  std::size_t unread() const noexcept { return messages_.size(); }
  bool ended() const noexcept { return ended_; }

protected:
  virtual void wake() = 0;
  bool idle() const noexcept { return messages_.empty() && !ended_ && !failure_; }
  /// Null at the end. Only while not `idle` and without a failure.
  message_ptr take();

  loop& loop_;
  error failure_;

private:
  input_owner& owner_;
  fifo<message_ptr> messages_;
  bool ended_ = false;
};

}  // namespace detail

/// The client's messages, as a method on the loop reads them; on the client's side, the server's.
///
/// Thread: the loop's. Lifetime: the call's. One read at a time: a second while one waits is a bug, and
/// stops. Limits: what arrives unread counts against the caller's credit; a caller who ignores it is stopped.
template <class In>
class async_reader final : public detail::input {
public:
  using bound_to_a_loop = void;
  using detail::input::input;
  ~async_reader() override { fail(errc::canceled); }

  /// The next message; nothing once the other side has said that no more come. Rejects once the call was
  /// stopped, with the reason, or when the other side's bytes were malformed.
  promise<std::optional<In>> read() {
    TRIREME_ASSERT(!waiting_);
    auto state = trireme::detail::promise_ref<std::optional<In>>::make(loop_);
    if (idle()) {
      waiting_ = trireme::detail::promise_ref<std::optional<In>>(state);
    } else {
      settle(*state);
    }
    return promise<std::optional<In>>(std::move(state));
  }

private:
  void wake() override {
    if (const auto state = std::move(waiting_)) settle(*state);
  }
  void settle(trireme::detail::promise_state<std::optional<In>>& state) {
    if (failure_) return detail::fail_quietly(state, failure_);
    if (const auto message = take()) {
      state.fulfil(std::move(static_cast<In&>(*message)));
    } else {
      state.fulfil(std::nullopt);
    }
  }

  trireme::detail::promise_ref<std::optional<In>> waiting_;
};

}  // namespace trireme::proto
