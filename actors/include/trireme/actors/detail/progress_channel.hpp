#pragma once
#include <atomic>
#include <cstdint>
#include <trireme/actors/detail/pool_state.hpp>

namespace trireme::actors::detail {

/// How many progress messages of one job the loop has not read yet; holds the worker at the limit.
class progress_channel {
public:
  explicit progress_channel(pool_state& owner) noexcept : pool_(owner) {}

  /// Worker: waits for room. False once the job was asked to stop.
  bool acquire() noexcept;
  /// Worker: takes the message unless the loop has gone.
  posting push(std::unique_ptr<trireme::detail::job> message) noexcept;
  /// Loop: one was read.
  void release() noexcept;
  /// Loop: wakes a worker that waits.
  void stop() noexcept;

private:
  static constexpr std::uint32_t stop_bit = 1u << 31;
  pool_state& pool_;
  std::atomic<std::uint32_t> unread_{0};  // and stop_bit: a worker waits for a change of either
};

}  // namespace trireme::actors::detail
