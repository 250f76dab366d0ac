#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <trireme/core/clock.hpp>
#include <trireme/core/polling.hpp>

namespace trireme::actors {

class worker_host;

/// What becomes of a job for which there is no place. Who would rather wait awaits `pool::room` first.
enum class when_full {
  refuse,       ///< it is answered `errc::full`; counted as "actors.pool.full"
  drop_oldest,  ///< the oldest of the lowest class that waits, its own or a lower one, is answered
                ///< `errc::full` in its place; counted as "actors.pool.dropped". No worker then has jobs in
                ///< advance
};

/// How a pool is made.
struct pool_options {
  pool_options() {}
  /// At most how many workers; 0 means one fewer than the machine has cores, at least one: the loop needs its
  /// core.
  std::size_t workers = 0;
  /// How many there are at least; not set: all of them, from the start. Above it workers are started as jobs
  /// wait for one, and end when they had nothing to do for `idle_timeout`.
  std::optional<std::size_t> min_workers;
  duration idle_timeout = std::chrono::seconds(10);
  /// How many jobs may wait beyond one for each worker. A finished job counts until its answer is delivered.
  std::size_t queue_limit = 10'000;
  when_full policy = when_full::refuse;
  /// For how long a worker may have jobs in advance, by what their like took lately, so that it needs
  /// not be woken for each. Only these may come to wait for one that takes longer than expected.
  duration hand_ahead = std::chrono::milliseconds(1);
  /// After how long a job that runs on, though it was asked to stop, is reported.
  duration report_after = std::chrono::seconds(1);
  /// How many progress messages of one job may be unread before the job waits.
  std::size_t progress_limit = 64;
  /// How long a worker looks for jobs before it sleeps.
  trireme::polling polling;
  /// Threads are called name/0, name/1, ...
  std::string name = "pool";
  /// Where the workers run; null means threads. Outlives the pool.
  worker_host* host = nullptr;
};

}  // namespace trireme::actors
