#pragma once
#include <cstddef>
#include <string>
#include <trireme/actors/worker_host.hpp>
#include <trireme/core/polling.hpp>

namespace trireme::actors {

/// How a worker is made.
struct worker_options {
  worker_options() {}
  /// What the thread is called (its first 15 bytes), and logs say.
  std::string name = "worker";
  /// How many messages to the worker may wait; `post_message` answers `full` beyond.
  std::size_t mailbox_limit = 65'536;
  /// How many messages from the worker the loop may have left unread; likewise.
  std::size_t outbox_limit = 65'536;
  /// How long the thread looks for messages before it sleeps.
  trireme::polling polling;
  /// Where the worker runs; null means a thread. Outlives the worker.
  worker_host* host = nullptr;
};

}  // namespace trireme::actors
