#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <trireme/actors/detail/progress_channel.hpp>
#include <trireme/actors/job_handle.hpp>
#include <trireme/core/completion.hpp>
#include <trireme/core/detail/waiting.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/result.hpp>
#include <type_traits>
#include <utility>

namespace trireme::actors::detail {

/// What a progress stream and its job share.
///
/// Thread: the loop's.
template <class P, class R>
struct stream_state : std::enable_shared_from_this<stream_state<P, R>> {
  explicit stream_state(loop& owner_) noexcept : owner(owner_) {}
  // What waits is told so as it is dropped; where the loop goes nobody is.
  ~stream_state() {
    while (!readers.empty()) static_cast<void>(readers.take());
    while (!askers.empty()) static_cast<void>(askers.take());
  }

  void next(completion<std::optional<P>> done) {
    readers.add(std::move(done));
    if (!unread.empty() || outcome) settle_soon();
  }
  void answer(completion<R> done) {
    askers.add(std::move(done));
    while (!unread.empty()) static_cast<void>(take());  // or the job might wait for ever
    drops = !outcome;
    if (outcome) settle_soon();
  }
  void arrived(P&& content) {
    if (drops) return channel->release();
    try {
      unread.push_back(std::move(content));
    } catch (...) {
      channel->release();
      throw;
    }
    if (!readers.empty()) give_next();
  }
  void ended(result<R> with) {
    channel = nullptr;
    outcome.emplace(std::move(with));
    settle();
  }

  loop& owner;
  job_handle handle;
  progress_channel* channel = nullptr;  // the job's; null once that has been answered

private:
  void settle_soon() {
    owner.next_tick([self = this->shared_from_this()] { self->settle(); });
  }
  // Whoever came while there was something unread has a tick of its own.
  void settle() {
    const auto self = this->shared_from_this();
    if (!unread.empty() && !readers.empty()) {
      give_next();
    } else if (outcome && unread.empty()) {
      end_readers();
    }
    if (outcome) serve_askers();
  }
  P take() {
    P taken = std::move(unread.front());
    unread.pop_front();
    if (channel) channel->release();
    return taken;
  }
  void give_next() {
    completion<std::optional<P>> done = readers.take();
    done.resolve(std::optional<P>(take()));
  }
  void end_readers() {
    if (const error failure = outcome->error()) return readers.reject_all(failure);
    readers.resolve_all(std::nullopt);
  }
  void serve_askers() {
    if (const error failure = outcome->error()) return askers.reject_all(failure);
    if (!askers.empty() && !std::exchange(given, true)) give_answer();
    askers.reject_all(errc::closed);
  }
  void give_answer() {
    completion<R> done = askers.take();
    if constexpr (std::is_void_v<R>) {
      done.resolve();
    } else {
      done.resolve(std::move(**outcome));
    }
  }

  std::deque<P> unread;
  trireme::detail::waiting_list<std::optional<P>> readers;
  trireme::detail::waiting_list<R> askers;
  std::optional<result<R>> outcome;
  bool drops = false;  // only the answer is wanted
  bool given = false;
};

/// Where the job's messages go.
template <class P, class R>
class stream_input {
public:
  explicit stream_input(std::shared_ptr<stream_state<P, R>> state) noexcept : state_(std::move(state)) {}
  void pulls(progress_channel& channel) noexcept { state_->channel = &channel; }
  void operator()(P&& content) { state_->arrived(std::move(content)); }

private:
  std::shared_ptr<stream_state<P, R>> state_;
};

/// Where its answer goes.
template <class P, class R>
class stream_answer {
public:
  explicit stream_answer(std::shared_ptr<stream_state<P, R>> state) noexcept : state_(std::move(state)) {}
  void deliver(result<R>& outcome) { state_->ended(std::move(outcome)); }
  void deliver_soon(loop& owner, const error& failure) {
    owner.next_tick([state = state_, failure] { state->ended(failure); });
  }

private:
  std::shared_ptr<stream_state<P, R>> state_;
};

}  // namespace trireme::actors::detail
