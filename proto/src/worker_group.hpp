#pragma once
#include <functional>
#include <memory>
#include <trireme/actors/per_worker.hpp>
#include <trireme/proto/service.hpp>

namespace trireme::proto::detail {

/// The instances of one worker type: one for each worker of the pool, and one on the loop. Jobs share it, as
/// they may outlive the dispatcher.
struct worker_group {
  worker_group(actors::pool& pool, std::function<std::unique_ptr<worker>()> factory)
      : on_loop(factory()), on_workers(pool, std::move(factory)) {}
  std::unique_ptr<worker> on_loop;  // the loop's thread only
  actors::per_worker<std::unique_ptr<worker>> on_workers;
};

}  // namespace trireme::proto::detail
