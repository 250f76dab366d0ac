#pragma once
#include <atomic>
#include <cstdint>
#include <thread>

namespace trireme::proto::detail {

/// Holds a streaming worker back while too much of what it wrote has not gone out. Made on the loop.
class write_gate {
public:
  explicit write_gate(std::uint32_t limit) noexcept
      : limit_(limit), loop_thread_(std::this_thread::get_id()) {}

  /// Worker: counts one message, waiting for room. False once stopped. Where worker and loop share a thread,
  /// as under a manual host, nobody could make room: then it never waits.
  bool acquire() noexcept;
  /// Loop: one message has gone out.
  void release() noexcept;
  /// Loop: the call is over.
  void stop() noexcept;

private:
  static constexpr std::uint32_t stop_bit = 1u << 31;
  const std::uint32_t limit_;
  const std::thread::id loop_thread_;
  std::atomic<std::uint32_t> unsent_{0};  // and stop_bit; the worker waits for a change of either
};

}  // namespace trireme::proto::detail
