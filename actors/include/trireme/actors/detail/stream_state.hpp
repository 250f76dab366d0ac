#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <trireme/actors/detail/progress_channel.hpp>
#include <trireme/actors/job_handle.hpp>
#include <trireme/core/assert.hpp>
#include <trireme/core/completion.hpp>
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

  void next(completion<std::optional<P>> done) {
    TRIREME_ASSERT(!reader);  // one call at a time
    reader.emplace(std::move(done));
    if (!unread.empty() || outcome) settle_soon();
  }
  void answer(completion<R> done) {
    TRIREME_ASSERT(!asker);  // it is given once
    asker.emplace(std::move(done));
    while (!unread.empty()) static_cast<void>(take());  // or the job might wait for ever
    drops = !outcome;
    if (outcome) settle_soon();
  }
  void arrived(P content) {
    if (drops) return channel->release();
    unread.push_back(std::move(content));
    if (reader) serve_reader();
  }
  void ended(result<R> with) {
    channel = nullptr;
    outcome.emplace(std::move(with));
    settle_both();
  }

  loop& owner;
  job_handle handle;
  progress_channel* channel = nullptr;  // the job's; null once that has been answered

private:
  void settle_soon() {
    owner.next_tick([self = this->shared_from_this()] { self->settle_both(); });
  }
  void settle_both() {
    const auto self = this->shared_from_this();
    if (reader && (!unread.empty() || outcome)) serve_reader();
    if (asker && outcome) serve_asker();
  }
  P take() {
    P taken = std::move(unread.front());
    unread.pop_front();
    if (channel) channel->release();
    return taken;
  }
  void serve_reader() {
    completion<std::optional<P>> done = std::move(*reader);
    reader.reset();
    if (!unread.empty()) {
      done.resolve(std::optional<P>(take()));
    } else if (const error failure = outcome->error()) {
      done.reject(failure);
    } else {
      done.resolve(std::optional<P>());
    }
  }
  void serve_asker() {
    completion<R> done = std::move(*asker);
    asker.reset();
    if (!*outcome) {
      done.reject(outcome->error());
    } else if constexpr (std::is_void_v<R>) {
      done.resolve();
    } else {
      done.resolve(std::move(**outcome));
    }
  }

  std::deque<P> unread;
  std::optional<completion<std::optional<P>>> reader;
  std::optional<completion<R>> asker;
  std::optional<result<R>> outcome;
  bool drops = false;  // only the answer is wanted
};

/// Where the job's messages go.
template <class P, class R>
class stream_input {
public:
  explicit stream_input(std::shared_ptr<stream_state<P, R>> state) noexcept : state_(std::move(state)) {}
  void pulls(progress_channel& channel) noexcept { state_->channel = &channel; }
  void operator()(P content) { state_->arrived(std::move(content)); }

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
