#pragma once
#include <cstddef>
#include <vector>

namespace trireme::actors::detail {

class pool_core;
class pool_worker;

/// What one worker of a pool keeps for itself: an instance for each `per_worker` that a job here has asked
/// for.
///
/// Thread: its worker's.
class worker_locals {
public:
  worker_locals() = default;
  worker_locals(const worker_locals&) = delete;
  worker_locals& operator=(const worker_locals&) = delete;
  ~worker_locals() { clear(); }

  void* find(std::size_t number) const noexcept {
    return number < instances_.size() ? instances_[number].object : nullptr;
  }
  void keep(std::size_t number, void* object, void (*destroy)(void*) noexcept);
  /// Destroys the instances, the youngest first.
  void clear() noexcept;

private:
  struct instance {
    void* object = nullptr;
    void (*destroy)(void*) noexcept = nullptr;
  };
  std::vector<instance> instances_;
  std::vector<std::size_t> order_;
};

/// The worker that the calling thread is, while it runs a job.
struct current_worker {
  pool_core* pool = nullptr;
  pool_worker* worker = nullptr;
  worker_locals* locals = nullptr;
  std::size_t index = 0;
};
/// Null outside a job.
current_worker* this_worker() noexcept;
/// Returns the one before.
current_worker* set_this_worker(current_worker* which) noexcept;

}  // namespace trireme::actors::detail
