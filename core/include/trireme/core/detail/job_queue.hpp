#pragma once
#include <memory>
#include <trireme/core/detail/message_queue.hpp>

namespace trireme::detail {

/// A piece of work on its way between threads.
struct job {
  virtual ~job() = default;
  virtual void run() = 0;
};

/// What waits for a worker.
using job_queue = message_queue<std::unique_ptr<job>>;

/// What waits for a worker that only does it: the jobs stay with whom they came from.
using lent_job_queue = message_queue<job*>;

}  // namespace trireme::detail
