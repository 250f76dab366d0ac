#pragma once
#include <memory>
#include <optional>
#include <trireme/actors/detail/stream_state.hpp>
#include <trireme/core/completion.hpp>
#include <trireme/core/promise.hpp>
#include <utility>

namespace trireme::actors {

/// The messages of a job, pulled one by one, and its answer; what `pool::stream` gives. While nobody pulls,
/// the job waits once `pool_options::progress_limit` messages are unread.
///
///     auto primes = pool.stream<long>(count_primes, limit);
///     while (const auto next = co_await primes.next()) show(*next);
///     const long count = co_await primes.answer();
///
/// Thread: the loop's. Lifetime: dropping it cancels the job; the pool may go first.
/// Errors: `next` after the last message, and `answer`, fail with what the job failed with. A stop of the
/// context that they are called in ends them with its reason, as `with_timeout` does where it is given a
/// callable. 1,024 calls of each may wait; beyond that one is refused with `errc::full`, counted as
/// "stream.waiting_full". Order: all messages, then the answer. Calls that wait are served in theirs.
template <class P, class R>
class progress_stream {
public:
  using bound_to_a_loop = void;
  explicit progress_stream(std::shared_ptr<detail::stream_state<P, R>> state) noexcept
      : state_(std::move(state)) {}
  progress_stream(progress_stream&&) noexcept = default;
  progress_stream& operator=(progress_stream&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~progress_stream() {
    if (state_) state_->handle.cancel();
  }

  /// The next message; none once there will be no more. What waits gets its message whether or not somebody
  /// still wants it, and `with_timeout` of the promise stops nothing: give that a callable.
  promise<std::optional<P>> next() {
    return with_promise<std::optional<P>>(state_->owner,
                                          [this](auto done) { state_->next(std::move(done)); });
  }
  void next(callback_of<std::optional<P>> done) {
    state_->next(completion<std::optional<P>>(state_->owner, std::move(done)));
  }
  /// What the job returned: to be asked for when the messages have been read, or instead of them, which are
  /// dropped from then on. Given once; whoever asks after that fails with `errc::closed`.
  promise<R> answer() {
    return with_promise<R>(state_->owner, [this](auto done) { state_->answer(std::move(done)); });
  }
  void answer(callback_of<R> done) { state_->answer(completion<R>(state_->owner, std::move(done))); }

  /// Asks the job to stop.
  void cancel(error reason = errc::canceled) { state_->handle.cancel(std::move(reason)); }

private:
  std::shared_ptr<detail::stream_state<P, R>> state_;
};

}  // namespace trireme::actors
