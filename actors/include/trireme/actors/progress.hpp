#pragma once
#include <trireme/actors/detail/crossing.hpp>
#include <trireme/actors/job_context.hpp>
#include <trireme/core/posting.hpp>
#include <trireme/core/unique_function.hpp>

namespace trireme::actors {

namespace detail {
template <class P>
struct progress_sink;
}

/// What a job given to `pool::run_with_progress` takes as its first argument: its `job_context`, and a way to
/// tell the loop how far it is.
///
/// Thread: the worker that runs the job. Lifetime: the call.
/// Order: messages arrive in order, each as a callback of its own, and all of them before the job's answer.
template <class P>
class progress {
  static_assert(detail::all_cross<P>());

public:
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// Waits while `pool_options::progress_limit` messages are unread. `closed` once the job was asked to stop:
  /// then the message is dropped, and the job should return. Never `full`.
  posting post(P message) { return sink_.send(std::move(message)); }

  job_context& job() noexcept { return job_; }
  bool stop_requested() const noexcept { return job_.stop_requested(); }

private:
  friend struct detail::progress_sink<P>;
  progress(job_context& job, detail::progress_sink<P>& sink) noexcept : job_(job), sink_(sink) {}
  job_context& job_;
  detail::progress_sink<P>& sink_;
};

namespace detail {

/// The job's side of it.
template <class P>
struct progress_sink {
  virtual posting send(P message) = 0;
  static progress<P> open(job_context& job, progress_sink& sink) noexcept { return {job, sink}; }

protected:
  ~progress_sink() = default;
};

}  // namespace detail
}  // namespace trireme::actors
