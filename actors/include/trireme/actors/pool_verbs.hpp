#pragma once
#include <cstddef>
#include <memory>
#include <trireme/actors/detail/range_jobs.hpp>
#include <trireme/actors/detail/typed_job.hpp>
#include <trireme/actors/job_context.hpp>
#include <trireme/actors/job_handle.hpp>
#include <trireme/actors/job_options.hpp>
#include <trireme/actors/progress.hpp>
#include <trireme/actors/progress_stream.hpp>
#include <trireme/core/completion.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>

namespace trireme::actors {

/// A job whose answer is a promise, and its handle: `auto [answer, handle] = pool.start(fn)`.
template <class R>
struct started_job {
  started_job(promise<R> given_answer, job_handle given_handle) noexcept
      : answer(std::move(given_answer)), handle(std::move(given_handle)) {}
  promise<R> answer;
  job_handle handle;
};

/// How jobs are given to a pool: what `pool` has, and `pool::with` for jobs of other options.
///
/// Thread: the loop's. Lifetime: the pool outlives it.
class pool_verbs {
public:
  using bound_to_a_loop = void;

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
    job_handle handle = submit<detail::plain_job<call, detail::promise_answer<result_type>>>(
        detail::kind_of<std::decay_t<Function>>(function),
        detail::promise_answer<result_type>(std::move(settle)), std::forward<Function>(function),
        std::forward<Arguments>(arguments)...);
    return started_job<result_type>(std::move(answer), std::move(handle));
  }

  /// The result as an error-first call of `done(error, R)`, or `done(error)` where the function returns
  /// nothing. `R` is default-made where there is an error.
  template <class Callback, class Function, class... Arguments>
  job_handle run_then(Callback done, Function&& function, Arguments&&... arguments) {
    using call = detail::call_of<job_context, Function, Arguments...>;
    using answer = detail::callback_answer<typename call::result_type, Callback>;
    return submit<detail::plain_job<call, answer>>(detail::kind_of<std::decay_t<Function>>(function),
                                                   answer(std::move(done)), std::forward<Function>(function),
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
    job_handle handle = submit<detail::progress_job<P, call, answer, OnProgress>>(
        detail::kind_of<std::decay_t<Function>>(function), std::move(on_progress), answer(std::move(settle)),
        std::forward<Function>(function), std::forward<Arguments>(arguments)...);
    return started_job<result_type>(std::move(promised), std::move(handle));
  }

  /// The same for an error-first callback, `done(error, R)`, as in `run_then`.
  template <class P, class OnProgress, class Callback, class Function, class... Arguments>
  job_handle run_with_progress_then(OnProgress on_progress, Callback done, Function&& function,
                                    Arguments&&... arguments) {
    using call = detail::call_of<progress<P>, Function, Arguments...>;
    using answer = detail::callback_answer<typename call::result_type, Callback>;
    return submit<detail::progress_job<P, call, answer, OnProgress>>(
        detail::kind_of<std::decay_t<Function>>(function), std::move(on_progress), answer(std::move(done)),
        std::forward<Function>(function), std::forward<Arguments>(arguments)...);
  }

  /// A job whose messages are pulled: `co_await stream.next()` until there is none.
  template <class P, class Function, class... Arguments>
  auto stream(Function&& function, Arguments&&... arguments) {
    using call = detail::call_of<progress<P>, Function, Arguments...>;
    using result_type = typename call::result_type;
    using state = detail::stream_state<P, result_type>;
    const auto shared = std::make_shared<state>(owner());
    shared->handle = submit<detail::progress_job<P, call, detail::stream_answer<P, result_type>,
                                                 detail::stream_input<P, result_type>>>(
        detail::kind_of<std::decay_t<Function>>(function), detail::stream_input<P, result_type>(shared),
        detail::stream_answer<P, result_type>(shared), std::forward<Function>(function),
        std::forward<Arguments>(arguments)...);
    return progress_stream<P, result_type>(shared);
  }

  /// Calls `work` with each of `items`, `chunk` of them a job; 0 lets the pool choose. Gives what it
  /// returned, in the order of the items. What a view shows is copied, what a container holds is moved;
  /// `work` is copied for each job. No more than two jobs for each worker are submitted at a time. On the
  /// first error the others are asked to stop, and waited for.
  template <class Items, class Work>
  auto map(Items items, Work work, std::size_t chunk = 0) {
    using run = detail::range_run_of<pool_verbs, Items, Work>;
    return with_promise<typename run::result_type>(owner(), [&](auto done) {
      run::start(*this, std::move(items), std::move(work), chunk, std::move(done));
    });
  }
  template <class Items, class Work>
  void map(Items items, Work work, std::size_t chunk,
           callback_of<typename detail::range_run_of<pool_verbs, Items, Work>::result_type> done) {
    using run = detail::range_run_of<pool_verbs, Items, Work>;
    run::start(*this, std::move(items), std::move(work), chunk,
               completion<typename run::result_type>(owner(), std::move(done)));
  }
  /// As `map`, for what `work` does rather than what it returns.
  template <class Items, class Work>
  promise<void> for_each(Items items, Work work, std::size_t chunk = 0) {
    return map(std::move(items), detail::for_nothing<Work>{std::move(work)}, chunk);
  }
  template <class Items, class Work>
  void for_each(Items items, Work work, std::size_t chunk, callback_of<void> done) {
    map(std::move(items), detail::for_nothing<Work>{std::move(work)}, chunk, std::move(done));
  }

  loop& owner() const noexcept { return core_->owner(); }

protected:
  explicit pool_verbs(detail::pool_core& core, const job_options& how = {}) noexcept
      : core_(&core), how_(how) {}
  ~pool_verbs() = default;
  pool_verbs(const pool_verbs&) = default;
  pool_verbs& operator=(const pool_verbs&) = default;
  detail::pool_core* core_;

private:
  template <class T>
  friend class per_worker;
  template <class, class, class, class>
  friend class detail::range_run;

  template <class Job, class... Parts>
  job_handle submit(const detail::kind_id& kind, Parts&&... parts) {
    return core_->submit(std::unique_ptr<detail::pool_job>(new Job(*core_, std::forward<Parts>(parts)...)),
                         kind, how_);
  }

  job_options how_;
};

}  // namespace trireme::actors
