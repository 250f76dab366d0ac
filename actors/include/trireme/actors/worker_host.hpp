#pragma once
#include <memory>
#include <string>

namespace trireme::actors {

/// What one worker does, a step at a time. Written by `worker` and `pool`, driven by a `worker_host`.
///
/// Thread: all of it on the worker's thread, or wherever its host steps it; one call at a time.
/// Order: `begin` unless it is finished already, then steps until it is finished, then `end`.
class worker_body {
public:
  virtual void begin() = 0;
  /// Does at most one piece of work. False where there is none.
  virtual bool step() = 0;
  /// Blocks until there may be something to do, or it is finished.
  virtual void wait() noexcept = 0;
  virtual bool finished() const noexcept = 0;
  virtual void end() noexcept = 0;

protected:
  ~worker_body() = default;
};

/// A body that is under way. Destroying it waits for the body to end, which must have been told to.
///
/// Thread: made and destroyed on the loop of the `worker` or `pool`.
class worker_run {
public:
  virtual ~worker_run() = default;
};

/// The scheduling seam: where bodies run. The default gives each its own thread; `manual_host` none.
///
/// Thread: the loop's. Lifetime: outlives all that it runs.
class worker_host {
public:
  virtual ~worker_host() = default;
  /// Throws `std::system_error` where the system has no more threads.
  virtual std::unique_ptr<worker_run> start(const std::string& name, worker_body& body) = 0;
  /// False where a body that waits inside a step would wait for ever.
  virtual bool may_block() const noexcept = 0;
};

/// One thread for each body, with all signals blocked, named by the first 15 bytes of the worker's name.
worker_host& thread_host() noexcept;

}  // namespace trireme::actors
