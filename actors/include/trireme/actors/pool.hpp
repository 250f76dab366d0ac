#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <trireme/actors/detail/typed_job.hpp>
#include <trireme/actors/job_context.hpp>
#include <trireme/actors/job_handle.hpp>
#include <trireme/actors/progress.hpp>
#include <trireme/actors/worker_host.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/polling.hpp>
#include <trireme/core/promise.hpp>

namespace trireme::actors {

/// How a pool is made.
struct pool_options {
  pool_options() {}
  /// How many workers; 0 means one fewer than the machine has cores, at least one: the loop needs its core.
  std::size_t workers = 0;
  /// How many jobs may wait beyond one for each worker. A finished job counts until its answer is delivered.
  std::size_t queue_limit = 10'000;
  /// How many progress messages of one job may be unread before the job waits.
  std::size_t progress_limit = 64;
  /// How long a worker looks for jobs before it sleeps.
  trireme::polling polling;
  /// Threads are called name/0, name/1, ...
  std::string name = "pool";
  /// Where the workers run; null means threads. Outlives the pool.
  worker_host* host = nullptr;
};

/// A job whose answer is a promise, and its handle: `auto [answer, handle] = pool.start(fn)`.
template <class R>
struct started_job {
  started_job(promise<R> given_answer, job_handle given_handle) noexcept
      : answer(std::move(given_answer)), handle(given_handle) {}
  promise<R> answer;
  job_handle handle;
};

/// Workers that share a queue of jobs. A job is a function with its arguments, which are moved or copied in;
/// its result is moved back. The function may take a `job_context&` first.
///
/// A job belongs to the context that was current when it was submitted. Once that context is asked to stop,
/// or `job_handle::cancel` is called, its answer is the stop's reason: at once where the job waits, when the
/// function returns where it runs.
///
/// Thread: the loop's. Functions run on the workers, answers and progress come as callbacks of the loop.
/// Lifetime: the loop outlives the pool. A pool with jobs outstanding keeps the loop alive. Destroying the
/// pool asks every outstanding job to stop and waits for those that run; what is not yet answered is answered
/// `canceled`. Errors: `errc::full` at the limit, counted as "actors.pool.full"; `errc::closed` after
/// `close`; whatever the function throws, with its text, and the original in `error::exception`. Order: jobs
/// start in the order submitted; each answer is a callback of its own, in the poll phase.
///
/// g++ 12 destroys some temporaries of a `co_await` expression twice: do not put a lambda with captures
/// there, give the function its arguments instead (`co_await pool.run(fn, argument)`), or use two statements.
class pool {
public:
  using bound_to_a_loop = void;
  explicit pool(loop& owner, const pool_options& options = {});
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool();

  /// The result as a promise.
  template <class Function, class... Arguments>
  auto run(Function&& function, Arguments&&... arguments) {
    return start(std::forward<Function>(function), std::forward<Arguments>(arguments)...).answer;
  }

  /// The result as a promise, and a handle to cancel the job by.
  template <class Function, class... Arguments>
  auto start(Function&& function, Arguments&&... arguments) {
    using call = detail::call_of<job_context, Function, Arguments...>;
    using result_type = typename call::result_type;
    auto [answer, settle] = make_promise<result_type>(owner());
    const job_handle handle = submit<detail::plain_job<call, detail::promise_answer<result_type>>>(
        owner(), detail::promise_answer<result_type>(std::move(settle)), std::forward<Function>(function),
        std::forward<Arguments>(arguments)...);
    return started_job<result_type>(std::move(answer), handle);
  }

  /// The result as an error-first call of `done(error, R)`, or `done(error)` where the function returns
  /// nothing. `R` is default-made where there is an error.
  template <class Callback, class Function, class... Arguments>
  job_handle run_then(Callback done, Function&& function, Arguments&&... arguments) {
    using call = detail::call_of<job_context, Function, Arguments...>;
    using answer = detail::callback_answer<typename call::result_type, Callback>;
    return submit<detail::plain_job<call, answer>>(owner(), answer(std::move(done)),
                                                   std::forward<Function>(function),
                                                   std::forward<Arguments>(arguments)...);
  }

  /// As `run`, for a function that takes a `progress<P>&` first: what it posts comes as `on_progress(P)`, all
  /// of it before the answer. None comes once the job was asked to stop.
  template <class P, class OnProgress, class Function, class... Arguments>
  auto run_with_progress(OnProgress on_progress, Function&& function, Arguments&&... arguments) {
    return start_with_progress<P>(std::move(on_progress), std::forward<Function>(function),
                                  std::forward<Arguments>(arguments)...)
        .answer;
  }

  /// As `run_with_progress`, and a handle to cancel the job by.
  template <class P, class OnProgress, class Function, class... Arguments>
  auto start_with_progress(OnProgress on_progress, Function&& function, Arguments&&... arguments) {
    using call = detail::call_of<progress<P>, Function, Arguments...>;
    using result_type = typename call::result_type;
    using answer = detail::promise_answer<result_type>;
    auto [promised, settle] = make_promise<result_type>(owner());
    const job_handle handle = submit<detail::progress_job<P, call, answer, OnProgress>>(
        *state_, std::move(on_progress), answer(std::move(settle)), std::forward<Function>(function),
        std::forward<Arguments>(arguments)...);
    return started_job<result_type>(std::move(promised), handle);
  }

  /// Takes no more jobs; those outstanding are finished, then the threads end.
  void close() noexcept;
  /// Settles once nothing is outstanding, after the last answer.
  promise<void> drained();

  std::size_t workers() const noexcept;
  /// Jobs that wait, run, or have an answer under way.
  std::size_t outstanding() const noexcept;
  loop& owner() const noexcept { return state_->owner(); }

private:
  template <class T>
  friend class per_worker;

  template <class Job, class... Parts>
  job_handle submit(Parts&&... parts) {
    return state_->submit(std::unique_ptr<detail::pool_job>(new Job(std::forward<Parts>(parts)...)));
  }

  std::unique_ptr<detail::pool_state> state_;
};

}  // namespace trireme::actors
