#pragma once
#include <cstddef>
#include <trireme/actors/worker_host.hpp>
#include <vector>

namespace trireme::actors {

/// Runs workers without threads, for tests: each call says which body does its next piece of work, so that
/// loop and workers share one thread, one virtual time and one order. `begin` counts as a piece of work, as
/// does `end`. A job does not wait for room in its progress messages here: nobody could read them meanwhile.
/// `testing::schedule` draws from a seed who is next.
///
/// Thread: one, the loop's.
/// Lifetime: outlives the pools and workers that were given it.
class manual_host final : public worker_host {
public:
  manual_host();
  ~manual_host() override;
  std::unique_ptr<worker_run> start(const std::string& name, worker_body& body) override;
  bool may_block() const noexcept override { return false; }

  /// How many bodies have started and not yet been destroyed; `step` counts them in the order they started.
  std::size_t size() const noexcept { return runs_.size(); }
  /// One piece of work of one body. False where it had none.
  bool step(std::size_t which);
  /// One piece of work of every body, in order. False where none had any.
  bool step();
  /// Turns the loop without waiting, and steps, until neither finds anything to do. Not from within a
  /// callback.
  template <class Loop>
  void settle(Loop& with) {
    for (int quiet_rounds = 0; quiet_rounds < 2;) {
      with.poll();
      quiet_rounds = step() ? 0 : quiet_rounds + 1;
    }
  }
  /// The loop's `run`, with the workers: settles, then lets time pass to the next timer, until nothing is
  /// alive.
  template <class Loop>
  void run(Loop& with) {
    for (settle(with); with.alive(); settle(with)) with.run_once();
  }

private:
  class driven;
  std::vector<driven*> runs_;
};

}  // namespace trireme::actors
