#pragma once
#include <cstdint>
#include <memory>
#include <trireme/actors/job_context.hpp>
#include <trireme/core/clock.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/job_queue.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <trireme/core/error.hpp>
#include <trireme/core/loop.hpp>
#include <utility>

namespace trireme::actors::detail {

class pool_core;
struct job_record;

/// What a worker sends home beside finished jobs; `run` is called on the loop, under `context`.
class arrival : public trireme::detail::job, public trireme::detail::recycled {
public:
  virtual const context_ptr& context() const noexcept = 0;
};

/// One job: its function, its result, its stop flag and whoever waits for it, in one object that goes to a
/// worker and comes back as its own completion. Nothing is shared but the flag: until the job is claimed the
/// loop may take the function back, then the worker has function and result, and the loop has them again once
/// the worker says that it is done. What only the loop needs to know stays there, in the job's record.
class pool_job : public trireme::detail::job, public trireme::detail::recycled {
public:
  ~pool_job() override = default;

  /// Worker: does the work, unless the loop was faster in stopping it.
  void run() final {
    if (control_.claim()) perform();
  }
  /// Worker.
  void ran(time_point begun, time_point ended) noexcept {
    begun_ = begun;
    ended_ = ended;
  }

  /// Loop: what the job was submitted under.
  const context_ptr& context() const noexcept;

protected:
  pool_job() noexcept = default;
  virtual void perform() noexcept = 0;  // worker: calls the function, keeps what comes of it, destroys it
  virtual void discard() noexcept = 0;  // loop: destroys the function
  virtual std::unique_ptr<pool_job> move_away() noexcept = 0;  // loop: function and receiver, as another job
  virtual void answer() = 0;                                   // loop: with what came of it
  virtual void answer_error(const error&) = 0;                 // loop: at once, in a callback of its own
  virtual void answer_error_soon(loop&, const error&) = 0;     // loop: from within someone else's callback
  virtual void stopped_while_running() noexcept {}

  bool stopped() const noexcept;  // loop

  // Messages that it has sent: the worker's, the loop's once the job is done. Of those the ones that came:
  // the loop's. There is no order between the messages of two workers.
  std::uint32_t sent_ = 0;
  std::uint32_t arrived_ = 0;

private:
  friend class pool_core;
  // One cache line, together with what `job` begins with. The worker reads and writes it.
  job_record* record_ = nullptr;  // null where it travels as a husk: it was answered, or taken back
  time_point begun_{};
  time_point ended_{};

protected:
  job_context control_;
};

}  // namespace trireme::actors::detail
