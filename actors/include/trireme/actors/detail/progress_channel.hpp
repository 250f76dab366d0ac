#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <trireme/actors/detail/pool_job.hpp>

namespace trireme::actors::detail {

/// How many progress messages of one job the loop has not read yet; holds the worker at the limit.
class progress_channel {
public:
  explicit progress_channel(const pool_core& owner) noexcept;
  const pool_core& owner() const noexcept { return owner_; }

  /// Worker: waits for room. False once the job was asked to stop.
  bool acquire() noexcept;
  /// Worker, from within its job.
  void push(std::unique_ptr<trireme::detail::job> message) noexcept;
  /// Loop: one was read.
  void release() noexcept;
  /// Loop: wakes a worker that waits.
  void stop() noexcept;

private:
  static constexpr std::uint32_t stop_bit = 1u << 31;
  const pool_core& owner_;
  std::atomic<std::uint32_t> unread_{0};  // and stop_bit: a worker waits for a change of either
};

}  // namespace trireme::actors::detail
