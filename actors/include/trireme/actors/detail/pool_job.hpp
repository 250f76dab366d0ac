#pragma once
#include <cstdint>
#include <memory>
#include <trireme/actors/job_context.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/job_queue.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <trireme/core/error.hpp>
#include <trireme/core/loop.hpp>

namespace trireme::actors::detail {

class pool_state;

/// One job: its function, its result, its stop flag and whoever waits for it, in one object that goes to a
/// worker and comes back as its own completion. Nothing is shared but the flag: until the job is claimed the
/// loop may take the function back, then the worker has function and result, and the loop has them again on
/// arrival.
class pool_job : public trireme::detail::job, public stop_watch, public trireme::detail::recycled {
public:
  ~pool_job() override = default;
  /// Worker: does the work, unless the loop was asked to stop it first.
  void execute() noexcept;
  /// Loop: the job has come back; its answer is delivered.
  void run() final;
  /// Loop: as `job_handle::cancel`.
  void cancel(const error& reason);
  /// Loop: an answer without ever having been queued.
  void refuse(const error& reason);
  /// Loop: the pool goes first.
  void forget_pool() noexcept { pool_ = nullptr; }
  /// Loop: canceled before it was claimed and answered already; only its memory is still under way.
  bool answered() const noexcept { return answered_; }

protected:
  explicit pool_job(loop& owner);
  virtual void perform() noexcept = 0;  // worker: calls the function, keeps what comes of it, destroys it
  virtual void discard() noexcept = 0;  // loop: destroys the function
  virtual void answer() = 0;            // loop: with what came of it
  virtual void answer_error(const error&) = 0;       // loop: at once, in a callback of its own
  virtual void answer_error_soon(const error&) = 0;  // loop: from within someone else's callback
  virtual void stopped_while_running() noexcept {}

  /// Loop: runs `work` in the context that the job was submitted in.
  template <class Work>
  void in_context(Work&& work) {
    if (!context_) return work();
    loop_.run_in(context_, std::forward<Work>(work));
  }

  loop& loop_;
  job_context control_;
  bool stopped() const noexcept { return static_cast<bool>(stop_reason_); }

private:
  friend class pool_state;
  void on_stop(const error& reason) final { cancel(reason); }

  pool_state* pool_ = nullptr;
  std::uint32_t slot_ = 0;
  bool answered_ = false;
  context_ptr context_;
  error stop_reason_;
};

}  // namespace trireme::actors::detail
