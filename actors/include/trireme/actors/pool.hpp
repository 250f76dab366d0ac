#pragma once
#include <cstddef>
#include <memory>
#include <trireme/actors/pool_options.hpp>
#include <trireme/actors/pool_stats.hpp>
#include <trireme/actors/pool_verbs.hpp>
#include <trireme/actors/worker_host.hpp>
#include <trireme/core/completion.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>

namespace trireme::actors {

/// A pool, for jobs of other options than the usual; what `pool::with` gives. A value that names the pool.
///
/// Thread: the loop's. Lifetime: the pool outlives it.
class pool_with : public pool_verbs {
private:
  friend class pool;
  pool_with(detail::pool_core& core, const job_options& how) noexcept : pool_verbs(core, how) {}
};

/// Workers that do jobs for a loop. A job is a function with its arguments, which are moved or copied in; its
/// result is moved back. The function may take a `job_context&` first.
///
/// A job belongs to the context that was current when it was submitted. Once that context is asked to stop,
/// or `job_handle::cancel` is called, or its deadline passes, its answer is the stop's reason: at once where
/// the job waits, when the function returns where it runs.
///
/// Thread: the loop's. Functions run on the workers, answers and progress come as callbacks of the loop.
/// Lifetime: the loop outlives the pool. A pool with jobs outstanding keeps the loop alive. Destroying the
/// pool asks every outstanding job to stop and waits for those that run; what is not yet answered is answered
/// `canceled`. Errors: `errc::full` at the limit, counted as "actors.pool.full" or "actors.pool.dropped";
/// `errc::timed_out` for what cannot end by its deadline, counted as "actors.pool.expired" where it was not
/// started for that; `errc::closed` after `close`; whatever the function throws, with its type
/// (`error::type`) and text, and the original in `error::exception`; where no worker can be started, what
/// that threw: for a job with a key whose worker that is, for every job where none runs. Order: jobs of one
/// class are handed to workers in the order submitted, but for those with a key, which wait for theirs; one
/// worker's answers come in the order in which its jobs ended, between workers there is none. Each answer is
/// a callback of its own, in the poll phase.
///
/// g++ 12 destroys some temporaries of a `co_await` expression twice: do not put a lambda with captures
/// there, give the function its arguments instead (`co_await pool.run(fn, argument)`), or use two statements.
class pool : public pool_verbs {
public:
  /// Throws `std::system_error` where the system has no more threads, `error` where it has no more
  /// descriptors.
  explicit pool(loop& owner, const pool_options& options = {});
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool();

  /// The same pool, for jobs treated as `how` says.
  pool_with with(const job_options& how) { return pool_with(*kept_, how); }

  /// Takes no more jobs; those outstanding are finished, then the threads end.
  void close() noexcept;
  /// Settles once nothing is outstanding, after the last answer and what it has queued.
  promise<void> drained();
  void drained(callback_of<void> done);
  /// Settles once there is a place for another job; who waits is told in order, one for each place. Someone
  /// else may have taken it by then. 1,024 may wait; beyond that it is refused with `errc::full`, counted as
  /// "stream.waiting_full".
  promise<void> room();
  void room(callback_of<void> done);
  /// Told once of each running job that was asked to stop `pool_options::report_after` ago and has not
  /// returned; counted as "actors.pool.stop_ignored". Without a handler it is a line in the log.
  void on_ignored_stop(unique_function<void(const ignored_stop&)> handler);

  /// How many workers there are now.
  std::size_t workers() const noexcept;
  /// Jobs that wait, run, or have an answer under way.
  std::size_t outstanding() const noexcept;
  /// Jobs of a class that wait and have not been handed to a worker.
  std::size_t waiting(priority which) const noexcept;
  /// Of all jobs.
  const job_times& times() const noexcept;
  /// Of the jobs `job_options::named` so. Null until the first was submitted.
  const job_times* times(const char* name) const noexcept;

private:
  explicit pool(std::shared_ptr<detail::pool_core> core);
  std::shared_ptr<detail::pool_core> kept_;
};

}  // namespace trireme::actors
