#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <trireme/core/completion.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/detail/kept_work.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <trireme/core/error.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/result.hpp>
#include <type_traits>
#include <utility>

namespace trireme::detail {

/// What the threads of a blocking pool take from its queue.
class blocking_task : public job {
public:
  /// Worker: does the work. True where somebody waits for the answer; then `go_home` comes next.
  virtual bool execute() noexcept = 0;
  /// Worker: moves `self`, which is this task, on to its loop, unless that has gone.
  virtual void go_home(std::unique_ptr<job>& self) noexcept = 0;

  bool slow = false;  // has a place among those that only half of the threads may do at a time
};

/// Whether work under way keeps its loop alive, and a virtual clock still.
enum class keeps_alive : bool { no, yes };

/// One operation that may block, asked for by a loop. It is shared by two: the loop, until the operation is
/// answered, and the task that goes to a worker and comes back. The loop owns the receiver of the answer, the
/// worker the work and what came of it; the last of the two frees the memory, on its own thread, when
/// everything that belongs to the loop has gone already.
///
/// A stop of the context, and the end of the loop, answer at once: work that no worker has claimed is
/// destroyed without being done; work that was claimed can see that nobody waits, and what comes of it is
/// destroyed by whoever finds it.
class blocking_call : public kept_work, public stop_watch, public recycled {
public:
  blocking_call(const blocking_call&) = delete;
  blocking_call& operator=(const blocking_call&) = delete;

  /// Loop: from now on it belongs to its loop, and follows the context that is current.
  void begin(keeps_alive counts);
  /// Loop: it could not be queued, or need not; its answer is a callback of its own.
  void refuse(error reason);
  /// Loop: the task has come back.
  void arrived();
  /// Worker: does the work unless the loop has taken it back. False where nobody waits for the answer.
  bool execute() noexcept;
  /// Worker.
  posting send_home(std::unique_ptr<job>& task);
  void release() noexcept;

  loop& owner() const noexcept { return loop_; }

protected:
  explicit blocking_call(loop& owner);
  virtual ~blocking_call() = default;
  virtual void perform() noexcept = 0;          // worker: does the work and keeps what came of it
  virtual void discard() noexcept = 0;          // who claimed it: destroys the work
  virtual void deliver() = 0;                   // loop: answers
  virtual void deliver_soon(error reason) = 0;  // loop: answers in a callback of its own
  virtual void forget_receiver() noexcept = 0;  // loop

private:
  void on_stop(const error& reason) final;
  void drop() noexcept final;
  bool claim() noexcept { return !claimed_.exchange(true, std::memory_order_acq_rel); }
  void take_back() noexcept;
  void leave() noexcept;

  loop& loop_;
  const std::shared_ptr<inbox> home_;
  context_ptr context_;
  pending_work counts_;
  bool answered_ = false;
  std::atomic<bool> abandoned_{false};    // by the loop; pairs with `work_is_abandoned`
  std::atomic<bool> claimed_{false};      // by a worker, to do it, or by the loop, to take it back
  std::atomic<std::uint32_t> owners_{2};  // the loop and the task
};

/// Worker: whether nobody waits any more for what this thread is doing. Long work asks now and then, and ends
/// early.
bool work_is_abandoned() noexcept;

/// The `T` of a `result<T>`.
template <class Outcome>
struct blocking_value;
template <class T>
struct blocking_value<result<T>> {
  using type = T;
};

/// `Work` is called on a worker and returns a `result<R>`. The answer, a `T`, is made on the loop: of an `R`,
/// or of the loop and an `R`.
template <class T, class Work>
class typed_blocking_call final : public blocking_call {
public:
  typed_blocking_call(completion<T> done, Work work)
      : blocking_call(done.owner()), done_(std::move(done)), work_(std::move(work)) {}

private:
  using outcome = std::invoke_result_t<Work&>;
  using value_type = typename blocking_value<outcome>::type;

  void perform() noexcept override {
    try {
      outcome_.emplace((*work_)());
    } catch (...) {
      outcome_.emplace(error::from(std::current_exception()));
    }
    work_.reset();
  }
  void discard() noexcept override { work_.reset(); }
  void deliver() override {
    auto done = std::move(*done_);
    done_.reset();
    if (!outcome_->has_value()) {
      done.reject(outcome_->error());
    } else if constexpr (std::is_void_v<value_type>) {
      done.resolve();
    } else if constexpr (std::is_constructible_v<T, loop&, value_type>) {
      done.resolve(owner(), std::move(**outcome_));
    } else {
      done.resolve(std::move(**outcome_));
    }
  }
  void deliver_soon(error reason) override {
    auto done = std::move(*done_);
    done_.reset();
    owner().next_tick(
        [done = std::move(done), reason = std::move(reason)]() mutable { done.reject(std::move(reason)); });
  }
  void forget_receiver() noexcept override { done_.reset(); }

  std::optional<completion<T>> done_;
  std::optional<Work> work_;
  std::optional<outcome> outcome_;
};

}  // namespace trireme::detail
